import type { Theme } from "../../model/theme.ts";
import { Icon } from "../parts/Icon.tsx";
import { usePage, useReadable } from "../parts/use-page.ts";

const CHOICES: readonly { theme: Theme; label: string }[] = [
  { theme: "system", label: "As the system" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

/** Light, dark, or what the system says. */
export function ThemeSwitch() {
  const { theme } = usePage();
  const chosen = useReadable(theme);
  return (
    <fieldset className="segments">
      <legend className="hidden">Colours</legend>
      {CHOICES.map((choice) => (
        <button
          key={choice.theme}
          type="button"
          aria-pressed={choice.theme === chosen}
          aria-label={choice.label}
          title={choice.label}
          onClick={() => theme.set(choice.theme)}
        >
          <Icon name={choice.theme} />
        </button>
      ))}
    </fieldset>
  );
}

import { type FormEvent, useId, useState } from "react";
import { toRecipes } from "../../model/snippets.ts";
import { findTopicFault, isPattern } from "../../model/topics.ts";
import { formatClock } from "../parts/format.ts";
import { Snippet } from "../parts/Snippet.tsx";
import { usePage } from "../parts/use-page.ts";
import "./try.css";
import { useToken } from "./use-token.ts";

/** What code is for unless one has come from a topic. */
const EXAMPLE = "orders/42";

/** Code to paste, with this hub, a topic and a token in it. */
export default function TryIt({ name }: { name: string }) {
  const { root, router } = usePage();
  const [topic, setTopic] = useState(name || EXAMPLE);
  const [chosen, setChosen] = useState("curl");
  const shown = name || EXAMPLE;
  const { token, expires, detail, renew } = useToken(shown);
  const recipes = toRecipes({ root, name: shown, token });
  const recipe = recipes.find(({ id }) => id === chosen) ?? recipes[0];
  const id = useId();
  const fault = isPattern(topic) ? undefined : findTopicFault(topic);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (fault === undefined) router.replace({ screen: "try", name: topic });
  }

  return (
    <main className="screen try">
      <header className="screen-head">
        <h1>Try it</h1>
        <form className="try-topic" onSubmit={submit}>
          <label htmlFor={id}>Topic or pattern</label>
          <input
            id={id}
            data-shortcut="/"
            value={topic}
            onChange={(event) => setTopic(event.target.value)}
            aria-invalid={fault !== undefined || undefined}
            aria-describedby={`${id}fault`}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
          <button type="submit" className="button" disabled={topic === shown}>
            Fill in
          </button>
        </form>
      </header>
      <p id={`${id}fault`} className="fault" role="alert">
        {fault}
      </p>
      <nav className="recipes" aria-label="Languages and frameworks">
        {recipes.map((each) => (
          <button key={each.id} type="button" aria-pressed={each === recipe} onClick={() => setChosen(each.id)}>
            {each.label}
          </button>
        ))}
      </nav>
      {recipe && (
        <section className="card recipe" aria-label={recipe.label}>
          <p>{recipe.hint}</p>
          {recipe.install !== undefined && <Snippet title="Install" code={recipe.install} />}
          {recipe.snippets.map(({ title, code }) => (
            <Snippet key={title} title={title} code={code} />
          ))}
          {token !== undefined && (
            <p className="recipe-token" data-tone={detail === undefined ? undefined : "bad"}>
              {expires === undefined
                ? (detail ?? "Put a token of yours in the place of YOUR_TOKEN.")
                : `The token may listen to and publish ${shown}, and nothing else, until ${formatClock(expires)}.`}
              {renew && (
                <button type="button" className="link" onClick={renew}>
                  A new one
                </button>
              )}
            </p>
          )}
        </section>
      )}
    </main>
  );
}

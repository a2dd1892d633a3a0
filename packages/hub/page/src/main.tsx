import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./components/App.tsx";
import { PageContext } from "./components/parts/use-page.ts";
import { createPageModel } from "./model/page.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/parts.css";

const page = createPageModel(new URL(".", location.href).href);

createRoot(document.getElementById("page") as HTMLElement).render(
  <StrictMode>
    <PageContext value={page}>
      <App />
    </PageContext>
  </StrictMode>,
);

import { TidingsProvider } from "@tidings/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import "./style.css";

// #region provider
createRoot(document.getElementById("page") as HTMLElement).render(
  <StrictMode>
    <TidingsProvider url="/events">
      <App />
    </TidingsProvider>
  </StrictMode>,
);
// #endregion provider

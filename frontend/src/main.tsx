import "./theme/styles.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { makeQueryClient } from "./app/queryClient";
import { makeRouter } from "./app/router";

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no #root");

createRoot(element).render(
  <StrictMode>
    <App router={makeRouter()} client={makeQueryClient()} />
  </StrictMode>,
);

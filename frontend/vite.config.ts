import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the API; the built dashboard is served by the API itself.
const target = process.env.AHORA_URL ?? "http://127.0.0.1:8000";
const proxy: ProxyOptions = {
  target,
  changeOrigin: true,
  // the API refuses changes from pages of another origin, which the development server is
  configure: (server) => server.on("proxyReq", (request) => request.setHeader("origin", target)),
};

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": proxy, "/login": proxy } },
  // the manifest is for the test of how much script a first visit loads
  build: { target: "es2022", assetsInlineLimit: 0, manifest: true },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    // the first test of a page compiles its script; on a busy machine that takes seconds
    testTimeout: 20_000,
    projects: [
      { extends: true, test: { name: "logic", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "components",
          environment: "jsdom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/test/setup.ts"],
        },
      },
    ],
  },
});

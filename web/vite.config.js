// The page is built into files of fixed names, so that the program can name them, with the licences of what they hold.
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const shipped = ["preact", "uplot"];

const licences = {
  name: "licences",
  generateBundle() {
    const of = (name) => {
      const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
      return `${name} ${version} (${license})\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`;
    };
    this.emitFile({
      type: "asset",
      fileName: "licences.txt",
      source: `The page holds these libraries beside basanite's own code.\n\n${shipped.map(of).join("\n----\n\n")}`,
    });
  },
};

export default defineConfig({
  base: "./",
  plugins: [licences],
  build: {
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: "page.js",
        chunkFileNames: "[name].js",
        assetFileNames: (file) => (file.names.some((n) => n.endsWith(".css")) ? "page.css" : "[name][extname]"),
      },
    },
  },
});

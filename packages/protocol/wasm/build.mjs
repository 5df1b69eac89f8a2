/** Compiles `json-check.ts` and puts the code, in base64, into a module of the source: `pnpm --filter @wamp/protocol build:wasm`. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const options = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--runtime', 'stub', '--noAssert'];
const { error, binary, stderr } = await compile();
if (error !== null) throw new Error(stderr.toString(), { cause: error });

const base64 = Buffer.from(binary).toString('base64');
const lines = base64.match(/.{1,100}/g).map((line) => `  '${line}'`);
await writeFile(
  here('../src/serializers/json-check-code.ts'),
  `/** WebAssembly in base64. Made from \`wasm/json-check.ts\` by \`pnpm --filter @wamp/protocol build:wasm\`; not to be edited. */
export const JSON_CHECK_CODE: string =
${lines.join(' +\n')};
`,
);
console.log(`${binary.length} bytes`);

async function compile() {
  let binary;
  const files = { writeFile: (_name, contents) => (binary = contents) };
  const source = ['json-check.ts', '--baseDir', here('.'), '--outFile', 'json-check.wasm'];
  const { error, stderr } = await asc.main(
    [...source, ...options, '--enable', 'simd', '--initialMemory', '2'],
    files,
  );
  return { error, binary, stderr };
}

/**
 * Writes what is made of the configuration's schema: packages/router-server/wamp-router.schema.json for editors, and
 * docs/configuration.md for people.
 *
 *   node scripts/config-docs.mjs            writes both
 *   node scripts/config-docs.mjs --check    writes nothing, and ends with 1 if one of them is stale
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const SCHEMA_FILE = join(root, 'packages', 'router-server', 'wamp-router.schema.json');
export const MANUAL_FILE = join(root, 'docs', 'configuration.md');

const INTRODUCTION = `# Configuration of \`wamp-router\`

\`wamp-router --config FILE\` reads YAML or JSON; \`wamp-router init\` writes a commented file to start from, and
\`wamp-router check FILE\` says what is wrong with one: file, line, column, key and remedy. Everything is optional. Where Crossbar.io
has an option of the same meaning, it has the same name here. Editors check and complete a file that begins with

    # yaml-language-server: $schema=./node_modules/@wamp/router-server/wamp-router.schema.json

Any text may refer to the environment and to files, so that secrets stay out of the file: \`\${NAME}\`, \`\${NAME:-default}\`,
\`\${file:PATH}\` (the path begins at the file's own directory; one line break at the end is left out), and \`$\${\` for the
characters \`\${\`. A reference may also stand for a number or a truth value. What it stands for is never shown in complaints or logs.

This page is made of the schema that checks the file (\`node scripts/config-docs.mjs\`).
`;

/** The manual as Markdown, made of the JSON Schema. */
export function manualOf(schema) {
  const sections = Object.entries(schema.properties).filter(([key]) => key !== '$schema');
  const text = sections.map(([key, section]) => sectionOf(key, section)).join('\n');
  return formatted(`${INTRODUCTION}\n${text}`, MANUAL_FILE);
}

/** Text as prettier wants it in that file. */
export async function formatted(text, file) {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}

function sectionOf(key, schema) {
  const head = `## \`${key}\`\n\n${schema.description ?? ''}\n`;
  return `${head}\n${tableOf(rowsOf(key, schema, true))}`;
}

function tableOf(rows) {
  if (rows.length === 0) return '';
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return `| option | value | default | meaning |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** Every option below a key, as rows of a table. */
function rowsOf(path, schema, isSection = false) {
  const own = isSection || isTransparent(schema) ? [] : [rowOf(path, schema)];
  return [...own, ...insideOf(path, schema)];
}

function insideOf(path, schema) {
  const choices = schema.oneOf ?? (isReferable(schema) ? undefined : schema.anyOf);
  if (choices !== undefined) {
    const seen = new Set();
    return choices
      .flatMap((one) => insideOf(path, one))
      .filter(([name, value, , meaning]) => {
        const row = `${name} ${value} ${meaning}`;
        return !seen.has(row) && seen.add(row);
      });
  }
  if (schema.type === 'array') return insideOf(`${path}[]`, schema.items);
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, inner]) => rowsOf(`${path}.${key}`, inner));
  }
  const named = schema.additionalProperties;
  return typeof named === 'object' && Object.keys(named).length > 0 ? rowsOf(`${path}.NAME`, named) : [];
}

/** True for what only holds others and has nothing to say itself. */
function isTransparent(schema) {
  return schema.description === undefined && (schema.properties !== undefined || schema.oneOf !== undefined);
}

function isReferable(schema) {
  return schema.anyOf?.length === 2 && schema.anyOf[1].pattern?.startsWith('^\\$\\{') === true;
}

function rowOf(path, schema) {
  return [`\`${path}\``, kindOf(schema), defaultOf(schema), schema.description ?? ''];
}

function kindOf(schema) {
  if (isReferable(schema)) return kindOf(schema.anyOf[0]);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return [...new Set(choices.map(kindOf))].join(' or ');
  if (schema.type === 'integer') return rangeOf(schema);
  if (schema.type === 'array') return `list of ${kindOf(schema.items)}`;
  if (schema.type === 'object') return 'dictionary';
  return schema.type === 'boolean' ? '`true`, `false`' : 'text';
}

function rangeOf({ minimum, maximum }) {
  return maximum >= 2 ** 31 - 1 ? `number from ${minimum}` : `number from ${minimum} to ${maximum}`;
}

function defaultOf(schema) {
  const fallback = schema.default;
  if (fallback === undefined) return '';
  if (typeof fallback !== 'object') return `\`${fallback}\``;
  const text = JSON.stringify(fallback);
  return text === '{}' ? '' : `\`${text}\``;
}

async function main(isCheck) {
  const { ensureBuilt } = await import('./workspace.mjs');
  await ensureBuilt('packages/router-server');
  const dist = join(root, 'packages', 'router-server', 'dist', 'config-json-schema.js');
  const { configJsonSchema } = await import(pathToFileURL(dist).href);
  const schema = configJsonSchema();
  const files = [
    [SCHEMA_FILE, await formatted(JSON.stringify(schema), SCHEMA_FILE)],
    [MANUAL_FILE, await manualOf(schema)],
  ];
  let stale = 0;
  for (const [file, text] of files) {
    if (!isCheck) writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      stale += 1;
      console.error(`${file} is stale: run node scripts/config-docs.mjs`);
    }
  }
  return stale === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.includes('--check'));
}

/** Changes one top-level key of a YAML file, and leaves every other byte as its author wrote it. */
import { isDeepStrictEqual } from 'node:util'
import { readYaml } from '../definition/yaml.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'

/**
 * The text of a file in which `key` has `value`. Where the file is not written in blocks (JSON, flow
 * style), or the key is tangled up with the rest by aliases, the whole is written anew, as JSON.
 */
export function withKey(text: string, key: string, value: Json): string {
  const file = 'file.yaml'
  const document = readYaml(text, file)
  const root: JsonObject = isJsonObject(document.value) ? (document.value as JsonObject) : {}
  const wanted: JsonObject = { ...root, [key]: value }
  const lineOf = (name: string) => document.positionOf([name]).line
  const changed = splice(
    text,
    `${key}:\n${block(value, 1)}`,
    sectionOf(text, key, { root, lineOf }),
  )
  return says(changed, wanted) ? changed : `${JSON.stringify(wanted, null, 2)}\n`
}

/** Lines, counted from 0; `end` is the first one that is not of the section. */
type Section = { readonly start: number; readonly end: number }

function sectionOf(
  text: string,
  key: string,
  { root, lineOf }: { readonly root: JsonObject; readonly lineOf: (name: string) => number },
): Section {
  const lines = text.split('\n')
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length
  if (!Object.hasOwn(root, key)) return { start: last, end: last }
  const start = lineOf(key) - 1
  const next = Object.keys(root)
    .map((name) => lineOf(name) - 1)
    .filter((line) => line > start)
  let end = Math.min(...next, last)
  while (end > start + 1 && /^(#|\s*\r?$)/.test(lines[end - 1] ?? '')) end--
  return { start, end }
}

function splice(text: string, section: string, { start, end }: Section): string {
  const lines = text.split('\n')
  return [...lines.slice(0, start), section, ...lines.slice(end)].join('\n')
}

function says(text: string, wanted: JsonObject): boolean {
  try {
    return isDeepStrictEqual(readYaml(text, 'file.yaml').value, wanted)
  } catch {
    return false
  }
}

/** Data in block style: one line a value, every text in quotes, so that none means something else. */
function block(value: Json, depth: number): string {
  const pad = '  '.repeat(depth)
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item: Json) => `${pad}- ${block(item, depth + 1).trimStart()}`).join('\n')
  }
  if (isJsonObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value)
      .map(([key, member]) => `${pad}${keyText(key)}:${afterKey(member, depth)}`)
      .join('\n')
  }
  return `${pad}${JSON.stringify(value)}`
}

function afterKey(value: Json, depth: number): string {
  const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0
  return isEmpty ? ` ${JSON.stringify(value)}` : `\n${block(value, depth + 1)}`
}

function keyText(key: string): string {
  return /^[A-Za-z][\w-]*$/.test(key) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(key)
    ? key
    : JSON.stringify(key)
}

/**
 * The few pages that a login shows. They hold no script and load nothing, and every text that comes
 * from outside is escaped: it is shown, and is never markup.
 */
import { createHash } from 'node:crypto'

export type Page = {
  readonly status: number
  readonly title: string
  readonly text: string
  /** Names what went wrong, for whoever asks for help. */
  readonly code?: string
  readonly link?: { readonly href: string; readonly text: string }
}

/** The page as a response that may be kept by nobody, framed by nobody, and run nothing. */
export function pageResponse(page: Page, cookies: readonly string[] = []): Response {
  return new Response(htmlOf(page), {
    status: page.status,
    headers: [
      ['content-type', 'text/html; charset=utf-8'],
      ['content-security-policy', policy],
      ['referrer-policy', 'no-referrer'],
      ['x-content-type-options', 'nosniff'],
      ['x-frame-options', 'DENY'],
      ['cache-control', 'no-store'],
      ...cookies.map((line): [string, string] => ['set-cookie', line]),
    ],
  })
}

/** Turns a text into one that HTML shows as it is, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (found) => `&#${found.charCodeAt(0)};`)
}

const style = [
  ':root{color-scheme:light dark;font:1.125rem/1.6 system-ui,sans-serif}',
  'body{margin:0;background:#fff;color:#1a1a1a}',
  'main{max-width:34rem;margin:12vh auto;padding:0 1.5rem}',
  'h1{font-size:1.5rem;line-height:1.3}',
  'p{overflow-wrap:anywhere}',
  'a{color:#0b4f9e}',
  'a:focus-visible{outline:3px solid;outline-offset:3px}',
  '@media(prefers-color-scheme:dark){body{background:#161616;color:#f0f0f0}a{color:#8fc1ff}}',
].join('')

const styleHash = createHash('sha256').update(style).digest('base64')
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** A screen reader says at once how it went: politely what is well, loudly what is not. */
function htmlOf({ status, title, text, code, link }: Page): string {
  const role = status < 400 ? 'status' : 'alert'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<div role="${role}">
<h1>${escapeHtml(title)}</h1>
<p dir="auto">${escapeHtml(text)}</p>
</div>
${code === undefined ? '' : `<p>Code: <code>${escapeHtml(code)}</code></p>\n`}${
  link ? `<p><a href="${escapeHtml(link.href)}">${escapeHtml(link.text)}</a></p>\n` : ''
}</main>
</body>
</html>
`
}

import { release } from 'node:os'
import { systemProxy } from '../../runtime/http/proxy.ts'
import { type Finding, finding } from './finding.ts'

/** The command itself refuses an older one. */
const floor = '24.15.0'

export function diagnoseNode(): Finding {
  const { node, v8 } = process.versions
  const detail = { version: node, floor, v8, execPath: process.execPath }
  return finding('node', ['good', `${node} (${floor} or newer is needed)`], { detail })
}

export function diagnosePlatform(): Finding {
  const { platform, arch } = process
  const detail = { platform, arch, release: release() }
  if (platform === 'linux') return finding('platform', ['good', `${platform} ${arch}`], { detail })
  return finding('platform', ['less', `${platform} ${arch}`], {
    notes: ['Only Linux lets the sandbox processes be stripped of files, sockets and their user.'],
    detail,
  })
}

/** Proxies may be written with a password in them. */
export function diagnoseProxy(): Finding {
  const settings = systemProxy(process.env)
  if (!settings) return finding('proxy', ['good', 'none'])
  const http = settings.http && withoutPassword(settings.http)
  const https = settings.https && withoutPassword(settings.https)
  const text = [
    ...(http ? [`http through ${http}`] : []),
    ...(https ? [`https through ${https}`] : []),
    ...(settings.except.length > 0 ? [`except ${settings.except.join(', ')}`] : []),
  ].join(', ')
  return finding('proxy', ['good', text], { detail: { http, https, except: settings.except } })
}

/** A URL without what it says of a user; what is not a URL at all is not repeated. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

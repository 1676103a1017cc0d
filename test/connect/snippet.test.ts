/** The route of CentralAuth's own guide, run against our class as somebody would have pasted it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CentralAuthClass } from '../../runtime/index.ts'
import { Browser } from './browser.ts'
import { type CentralAuthServer, startCentralAuth, theUser } from './central-auth-server.ts'

type Action = 'login' | 'callback' | 'user' | 'logout'
type Props = { params: Promise<{ action: Action }> }
type Route = (req: Request, props: Props) => Promise<Response>

/** As it stands in the guide, but for the type that it has for `error`. */
async function GET(req: Request, props: Props): Promise<Response> {
  const { action } = await props.params

  const requestUrl = new URL(req.url)
  const searchParams = requestUrl.searchParams

  const authClient = new CentralAuthClass({
    clientId: process.env.AUTH_ORGANIZATION_ID,
    secret: process.env.AUTH_SECRET,
    authBaseUrl: process.env.AUTH_BASE_URL,
    callbackUrl: `${requestUrl.origin}/api/auth/callback`,
  })

  let response = Response.json(null)
  try {
    if (action === 'login')
      response = await authClient.login(req, { errorMessage: searchParams.get('error_message') })
    if (action === 'callback') response = await authClient.callback(req)
    if (action === 'user') response = await authClient.user(req)
    if (action === 'logout') response = await authClient.logout(req)
  } catch (error: unknown) {
    //When an error occurs during the callback, retry the login procedure
    if (action === 'callback')
      response = new Response(null, {
        status: 302,
        headers: {
          Location: `/api/auth/login?error_message=${(error as Error).message}`,
        },
      })
  }
  return response
}

/** The same with what it lacks: the message is encoded on its way to the login. */
async function encodingGET(req: Request, props: Props): Promise<Response> {
  const { action } = await props.params
  if (action !== 'callback') return GET(req, props)
  const { origin } = new URL(req.url)
  const authClient = new CentralAuthClass({
    clientId: process.env.AUTH_ORGANIZATION_ID,
    secret: process.env.AUTH_SECRET,
    authBaseUrl: process.env.AUTH_BASE_URL,
    callbackUrl: `${origin}/api/auth/callback`,
  })
  try {
    return await authClient.callback(req)
  } catch (error) {
    const message = encodeURIComponent((error as Error).message)
    return new Response(null, {
      status: 302,
      headers: { Location: `/api/auth/login?error_message=${message}` },
    })
  }
}

const app = 'https://app.example'
let server: CentralAuthServer
let browser: Browser

beforeEach(async () => {
  server = await startCentralAuth()
  browser = new Browser()
  vi.stubEnv('AUTH_ORGANIZATION_ID', server.clientId)
  vi.stubEnv('AUTH_SECRET', server.secret)
  vi.stubEnv('AUTH_BASE_URL', server.origin)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
})

async function open(url: string | URL, route: Route = GET): Promise<Response> {
  const action = new URL(url).pathname.split('/').at(-1) as Action
  const response = await route(browser.request(url), { params: Promise.resolve({ action }) })
  browser.keep(url, response)
  return response
}

/** From the login page back to the callback, which is not opened. */
async function logIn(): Promise<URL> {
  const response = await open(`${app}/api/auth/login?return_to=/inside`)
  return (await browser.follow(response.headers.get('location') ?? '', app)).url
}

const nextOf = (response: Response) => new URL(response.headers.get('location') ?? '', app)

test('C26 the guide’s route logs in, tells the user, and logs out', async () => {
  const back = await logIn()
  const response = await open(back)
  expect([response.status, response.headers.get('location')]).toEqual([302, `${app}/inside`])
  expect(await (await open(`${app}/api/auth/user`)).json()).toEqual(theUser)
  expect((await open(`${app}/api/auth/logout`)).status).toBe(302)
  expect(await (await open(`${app}/api/auth/user`)).json()).toBeNull()
})

test('C26 the guide’s route takes an error back to the login page', async () => {
  server.refuse({ error_code: 'loginAttemptExpired', error_message: 'The login has expired.' })
  const retry = nextOf(await open(await logIn()))
  expect(retry.pathname).toBe('/api/auth/login')
  const page = nextOf(await open(retry))
  expect(page.origin).toBe(server.origin)
  expect(page.searchParams.get('error_message')).toBe('The login has expired.')
})

test('C24 C32 an encoded message comes back whole, whatever is in it', async () => {
  const message = 'a&b=c #d ✗ 登录 "<script>"'
  server.refuse({ error: 'genericError', error_description: `${message}\r\nSet-Cookie: x=y` })
  const response = await open(await logIn(), encodingGET)
  const page = nextOf(await open(nextOf(response)))
  expect(page.searchParams.get('error_message')).toBe(`${message} Set-Cookie: x=y`)
  expect(response.headers.getSetCookie()).toEqual([])
})

test('C25 any other action that throws is answered with null', async () => {
  const response = await open(`${app}/api/auth/login?return_to=https://evil.example`)
  expect([response.status, await response.json()]).toEqual([200, null])
})

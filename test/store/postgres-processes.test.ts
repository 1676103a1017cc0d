import { afterAll } from 'vitest'
import { startPostgres } from '../support/postgres.ts'
import { sharesRenewals } from './processes.ts'

const server = await startPostgres()
afterAll(() => server[Symbol.asyncDispose]())

sharesRenewals('Postgres', () => server.database())

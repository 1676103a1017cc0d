import { afterAll } from 'vitest'
import { startPostgres } from '../support/postgres.ts'
import { losesNothing } from './crash-safety.ts'

const server = await startPostgres()
afterAll(() => server[Symbol.asyncDispose]())

losesNothing('Postgres', () => server.database())

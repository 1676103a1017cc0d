import { afterAll } from 'vitest'
import { startPostgres } from '../support/postgres.ts'
import { survivesCrashes } from './crashes.ts'

const server = await startPostgres()
afterAll(() => server[Symbol.asyncDispose]())

survivesCrashes('Postgres', () => server.database())

import { join } from 'node:path'
import { sharesRenewals } from './processes.ts'
import { temporaryFolder } from './temporary-folder.ts'

sharesRenewals('SQLite', async () => join(temporaryFolder(), 'store.db'))

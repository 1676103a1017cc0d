import type { Applicant, Schedule } from './schedule.ts'

/** What a hook takes up: a slot, unless it waits for its host, or has taken longer than others wait. */
export type Place = {
  wait(isWaiting: boolean): void
  /** It takes long: from now on its slot is for others, as long as there are processes left for them. */
  linger(): void
  leave(): void
}

/** Starts a hook whose turn it is. A confined tenant gets no slot, but a process beside them. */
export function takePlace(schedule: Schedule, applicant: Applicant): Place {
  let isWaiting = false
  let lingers = false
  let isAside = false
  let isConfined = false

  function update(): void {
    const next = isWaiting || lingers
    if (next === isAside) return
    isAside = next
    if (isAside) schedule.rest(applicant)
    else schedule.resume(applicant)
  }
  function linger(): void {
    if (!schedule.mayLend()) return
    lingers = true
    update()
  }

  /** One that waits for its host takes no time from anybody. */
  function confine(confined: boolean): void {
    if (confined !== isConfined) schedule.confine(confined)
    isConfined = confined
  }

  schedule.start(applicant)
  const mustConfine = schedule.isConfined(applicant)
  if (mustConfine) {
    confine(true)
    linger()
  }
  return {
    wait(waits) {
      isWaiting = waits
      confine(mustConfine && !waits)
      update()
    },
    linger,
    leave() {
      isWaiting = false
      lingers = false
      confine(false)
      update()
      schedule.end(applicant)
    },
  }
}

import { distance } from 'fastest-levenshtein'

/**
 * The candidate that a mistyped word most likely meant, or null where none is near enough: a third
 * of its letters may be wrong, or two of them swapped. Case does not count.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const typed = word.toLowerCase()
  let best: string | null = null
  let bestAway = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const away = awayFrom(typed, candidate.toLowerCase())
    if (away < bestAway && away < candidate.length) {
      best = candidate
      bestAway = away
    }
  }
  return best
}

function awayFrom(typed: string, candidate: string): number {
  const steps = distance(typed, candidate)
  return steps === 2 && lettersOf(typed) === lettersOf(candidate) ? 1 : steps
}

function lettersOf(word: string): string {
  return [...word].toSorted().join('')
}

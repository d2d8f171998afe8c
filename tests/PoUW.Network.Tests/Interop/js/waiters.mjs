// Conditions that somebody waits for; looked at again at each change.
export class Waiters {
  #open = []

  until (condition) {
    if (condition()) {
      return Promise.resolve()
    }
    const { promise, resolve } = Promise.withResolvers()
    this.#open.push({ condition, resolve })
    return promise
  }

  changed () {
    const [met, open] = [[], []]
    for (const waiter of this.#open) {
      (waiter.condition() ? met : open).push(waiter)
    }
    this.#open = open
    met.forEach(waiter => waiter.resolve())
  }
}

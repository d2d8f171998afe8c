// Node 20 lacks Promise.withResolvers (ES2024), which js-libp2p's queues use.
Promise.withResolvers ??= function withResolvers () {
  let resolve
  let reject
  const promise = new this((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

// Long transfers. A request is one byte of what the dialer wants (0: to send, 1: to receive) and the length in bytes, 8 bytes big-endian.
// A sender half-closes when it is done; a receiver answers with the 8 bytes of how much came and the SHA-256 of it.
import { createHash } from 'node:crypto'
import { byteStream } from '@libp2p/utils'

export const PROTOCOL = '/pouw/interop/bulk/1.0.0'

const BLOCK_BYTES = 1 << 20
const REQUEST_BYTES = 9
const ANSWER_BYTES = 40

// Block k of a transfer: a fixed pattern with the number k over its first 8 bytes, so that lost or swapped blocks change the hash.
function patternBlock (number) {
  const block = Buffer.alloc(BLOCK_BYTES)
  for (let i = 0; i < BLOCK_BYTES; i++) {
    block[i] = (i * 131 + (i >> 8)) & 0xff
  }
  block.writeBigUInt64BE(BigInt(number))
  return block
}

export function patternHash (length) {
  const hash = createHash('sha256')
  for (let sent = 0; sent < length; sent += BLOCK_BYTES) {
    hash.update(patternBlock(sent / BLOCK_BYTES).subarray(0, length - sent))
  }
  return hash.digest('hex')
}

async function send (stream, length) {
  for (let sent = 0; sent < length; sent += BLOCK_BYTES) {
    // A block's own memory: what is queued is not copied.
    if (!stream.send(patternBlock(sent / BLOCK_BYTES).subarray(0, length - sent))) {
      await stream.onDrain()
    }
  }
}

async function receive (chunks) {
  const hash = createHash('sha256')
  let count = 0
  for await (const chunk of chunks) {
    for (const part of chunk instanceof Uint8Array ? [chunk] : chunk) {
      hash.update(part)
      count += part.byteLength
    }
  }
  return { count, hash: hash.digest() }
}

function request (wanted, length) {
  const bytes = Buffer.alloc(REQUEST_BYTES)
  bytes[0] = wanted
  bytes.writeBigUInt64BE(BigInt(length), 1)
  return bytes
}

// Serves both directions.
export async function serve (stream) {
  const reader = byteStream(stream)
  const header = Buffer.from((await reader.read({ bytes: REQUEST_BYTES })).subarray())
  reader.unwrap()
  if (header[0] === 1) {
    await send(stream, Number(header.readBigUInt64BE(1)))
    await stream.close()
    return
  }
  const { count, hash } = await receive(stream)
  const answer = Buffer.alloc(ANSWER_BYTES)
  answer.writeBigUInt64BE(BigInt(count))
  hash.copy(answer, 8)
  stream.send(answer)
  await stream.close()
}

// Sends a pattern to a peer that serves.
export async function sendTo (stream, length) {
  stream.send(request(0, length))
  await send(stream, length)
  await stream.close()
  const answer = []
  for await (const chunk of stream) {
    answer.push(Buffer.from(chunk.subarray()))
  }
  const bytes = Buffer.concat(answer)
  return { count: Number(bytes.readBigUInt64BE()), hash: bytes.subarray(8).toString('hex') }
}

// Has a peer that serves send its pattern.
export async function receiveFrom (stream, length) {
  stream.send(request(1, length))
  await stream.close()
  const { count, hash } = await receive(stream)
  return { count, hash: hash.toString('hex') }
}

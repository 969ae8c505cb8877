import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** Says whether a text was signed with the private half. `id` is the beginning of the SHA-256 of the key. */
export type PublicKey = { id: string; verifies(text: string, signature: string): boolean; pem: string }

/** An Ed25519 key. Signatures are base64. */
export type SigningKey = { sign(text: string): string; public: PublicKey }

/** Reads a private key in PEM (PKCS #8); throws when it is none of Ed25519. */
export function readSigningKey(pem: string): SigningKey {
  const key = createPrivateKey(pem)
  checkKind(key)
  return {
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
    public: publicKeyOf(createPublicKey(key)),
  }
}

/** Reads a public key in PEM, or takes it from a private one; throws when it is none of Ed25519. */
export function readPublicKey(pem: string): PublicKey {
  const key = createPublicKey(pem)
  checkKind(key)
  return publicKeyOf(key)
}

/** True for a private key that can sign the audit. */
export function isSigningKey(pem: string): boolean {
  try {
    readSigningKey(pem)
    return true
  } catch {
    return false
  }
}

function publicKeyOf(key: KeyObject): PublicKey {
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
  return {
    id,
    verifies: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')),
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

function checkKind({ asymmetricKeyType }: KeyObject): void {
  if (asymmetricKeyType !== 'ed25519') throw new Error('The key is not one of Ed25519')
}

// What a call of the FHIR API needs besides what a FHIR client sends by itself: the token, a DPoP proof, who asks from where.
import * as oauth from 'oauth4webapi'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }

async function keyPair({ d, ...publicJwk }) {
  const { kty, crv, x, y } = publicJwk
  const privateKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, algorithm, false, ['sign'])
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, true, ['verify'])
  return { privateKey, publicKey }
}

// (method, url) -> the headers of one call. oauth4webapi makes the proof; the call it would send is kept.
export async function proving(given) {
  const DPoP = oauth.DPoP({ client_id: 'ehr' }, await keyPair(given.key))
  return async (method, url) => {
    let signed
    const keep = async (_url, options) => {
      signed = new Headers(options.headers)
      return new Response('{}', { status: 200 })
    }
    const options = { DPoP, [oauth.customFetch]: keep, [oauth.allowInsecureRequests]: true }
    await oauth.protectedResourceRequest(given.token, method, new URL(url), new Headers(), null, options)
    return { authorization: signed.get('authorization'), dpop: signed.get('dpop'), ...given.headers }
  }
}

// The outcome of what must be refused: its status, and the stable codes in the OperationOutcome.
export function told(status, outcome) {
  if (outcome?.resourceType !== 'OperationOutcome') throw new Error(`no OperationOutcome: ${JSON.stringify(outcome)}`)
  return { status, codes: outcome.issue.map((issue) => issue.details?.coding?.[0]?.code) }
}

export async function refusal(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}

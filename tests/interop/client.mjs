// panva's oauth4webapi, a strict client, against one of the sandbox's providers. Reads one JSON argument, prints one JSON answer.
// given: {issuer, clientId, person, scope, details, keyAlg, proofAlg, api: {method, url}}
import * as oauth from 'oauth4webapi'

const given = JSON.parse(process.argv[2])
const local = { [oauth.allowInsecureRequests]: true }
const redirectUri = 'http://127.0.0.1/callback'

async function discovered() {
  const issuer = new URL(given.issuer)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, local))
}

// A fresh key, registered with the provider as a vendor does in self-service.
async function authentication() {
  const pair = await oauth.generateKeyPair(given.keyAlg, { extractable: true })
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const url = `${given.issuer}/clients/${given.clientId}/keys`
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, n: jwk.n, e: jwk.e }) })
  if (answer.status !== 201) throw new Error(`key not registered: ${await answer.text()}`)
  return oauth.PrivateKeyJwt(pair.privateKey, {
    [oauth.modifyAssertion](header, payload) {
      header.typ = 'client-authentication+jwt'
      if (given.details) payload.authorization_details = given.details
    },
  })
}

// RFC 9449 section 8: the same request once more when the provider asks for a nonce, which the DPoP handle has kept by then.
async function withNonce(send, process) {
  try {
    return await process(await send())
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return process(await send())
  }
}

async function logIn(as, client, requestUri, state) {
  const url = new URL(as.authorization_endpoint)
  url.searchParams.set('client_id', client.client_id)
  url.searchParams.set('request_uri', requestUri)
  const page = await (await fetch(url)).text()
  if (!page.includes(`value="${given.person}"`)) throw new Error('she is not on the page')
  const action = /action="([^"]+)"/.exec(page)[1]
  const body = new URLSearchParams({ request_uri: requestUri, person: given.person })
  const back = await fetch(action, { method: 'POST', body, redirect: 'manual' })
  return oauth.validateAuthResponse(as, client, new URL(back.headers.get('location')), state)
}

async function codeFlow(as, client, auth, DPoP) {
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const parameters = {
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: given.scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  const pushed = await withNonce(
    () => oauth.pushedAuthorizationRequest(as, client, auth, parameters, { DPoP, ...local }),
    (response) => oauth.processPushedAuthorizationResponse(as, client, response),
  )
  const back = await logIn(as, client, pushed.request_uri, state)
  return withNonce(
    () => oauth.authorizationCodeGrantRequest(as, client, auth, back, redirectUri, verifier, { DPoP, ...local }),
    async (response) => {
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true })
      await oauth.validateApplicationLevelSignature(as, response, local)
      return tokens
    },
  )
}

// A call of the API as the client would make it; what it would send is kept instead of sent.
async function presented(token, DPoP) {
  let headers
  const keep = async (_url, options) => {
    headers = options.headers
    return new Response('{}', { status: 200 })
  }
  const options = { DPoP, [oauth.customFetch]: keep, ...local }
  await oauth.protectedResourceRequest(token, given.api.method, new URL(given.api.url), new Headers(), null, options)
  const found = new Headers(headers)
  return { authorization: found.get('authorization'), dpop: found.get('dpop') }
}

const as = await discovered()
const client = { client_id: given.clientId }
const auth = await authentication()
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(given.proofAlg))
const user = await codeFlow(as, client, auth, DPoP)
const answer = { tokenType: user.token_type, claims: oauth.getValidatedIdTokenClaims(user), user: await presented(user.access_token, DPoP) }
if (user.refresh_token) {
  const renewed = await withNonce(
    () => oauth.refreshTokenGrantRequest(as, client, auth, user.refresh_token, { DPoP, ...local }),
    (response) => oauth.processRefreshTokenResponse(as, client, response),
  )
  answer.renewed = await presented(renewed.access_token, DPoP)
}
if (as.grant_types_supported.includes('client_credentials')) {
  const parameters = { scope: 'nhn:maternity-record/api' }
  const machine = await withNonce(
    () => oauth.clientCredentialsGrantRequest(as, client, auth, parameters, { DPoP, ...local }),
    (response) => oauth.processClientCredentialsResponse(as, client, response),
  )
  answer.machine = await presented(machine.access_token, DPoP)
}
console.log(JSON.stringify(answer))

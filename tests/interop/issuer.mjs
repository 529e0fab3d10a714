// panva's oidc-provider, a certified OpenID provider, as an issuer for our token and proof checks. Reads one JSON argument.
// It starts on a free port of loopback, and then oauth4webapi as its client gets a token for each pair of algorithms.
// given: {audience, scope, claims, api: {method, url}, algorithms: [{token, proof}]}
import http from 'node:http'
import * as oauth from 'oauth4webapi'
import Provider from 'oidc-provider'

const given = JSON.parse(process.argv[2])
const local = { [oauth.allowInsecureRequests]: true }

async function signingKey(alg) {
  const { privateKey } = await oauth.generateKeyPair(alg, { extractable: true })
  return { ...(await crypto.subtle.exportKey('jwk', privateKey)), kid: `issuer-${alg}`, use: 'sig', alg, key_ops: undefined }
}

function publicHalf({ kty, crv, x, y, n, e, kid, use, alg }) {
  return { kty, crv, x, y, n, e, kid, use, alg }
}

const listening = http.createServer()
await new Promise((done) => listening.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${listening.address().port}`
const clientKey = await oauth.generateKeyPair('ES256', { extractable: true })
const clientJwk = await crypto.subtle.exportKey('jwk', clientKey.publicKey)
const keys = await Promise.all([...new Set(given.algorithms.map((pair) => pair.token))].map(signingKey))

let tokenAlg
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'ehr',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      dpop_bound_access_tokens: true,
      jwks: { keys: [{ ...clientJwk, key_ops: undefined, ext: undefined, use: 'sig', alg: 'ES256', kid: 'client' }] },
    },
  ],
  jwks: { keys },
  enabledJWA: { dPoPSigningAlgValues: ['ES256', 'PS256', 'RS256'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => given.audience,
      getResourceServerInfo: () => ({
        scope: given.scope,
        audience: given.audience,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: tokenAlg } },
      }),
    },
  },
  extraTokenClaims: () => ({ ...given.claims, nbf: Math.floor(Date.now() / 1000) }),
  ttl: { ClientCredentials: 600 },
})
listening.on('request', provider.callback())

const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), local))
const client = { client_id: 'ehr' }
const auth = oauth.PrivateKeyJwt({ key: clientKey.privateKey, kid: 'client' })

async function token(DPoP) {
  const parameters = { scope: given.scope, resource: given.audience }
  const send = () => oauth.clientCredentialsGrantRequest(as, client, auth, parameters, { DPoP, ...local })
  try {
    return await oauth.processClientCredentialsResponse(as, client, await send())
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return oauth.processClientCredentialsResponse(as, client, await send())
  }
}

async function presented(accessToken, DPoP) {
  let headers
  const keep = async (_url, options) => {
    headers = options.headers
    return new Response('{}', { status: 200 })
  }
  const options = { DPoP, [oauth.customFetch]: keep, ...local }
  await oauth.protectedResourceRequest(accessToken, given.api.method, new URL(given.api.url), new Headers(), null, options)
  const found = new Headers(headers)
  return { authorization: found.get('authorization'), dpop: found.get('dpop') }
}

const calls = []
for (const pair of given.algorithms) {
  tokenAlg = pair.token
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(pair.proof))
  calls.push(await presented((await token(DPoP)).access_token, DPoP))
}
console.log(JSON.stringify({ issuer, jwks: keys.map(publicHalf), calls }))
listening.close()
listening.closeAllConnections()

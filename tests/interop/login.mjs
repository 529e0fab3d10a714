// panva's oidc-provider as the provider the pages log in at. Reads one JSON argument, prints {"issuer"} and runs until stdin ends.
// given: {clientId, redirectUri, jwks, person: {id, pid}, acr}
import http from 'node:http'
import Provider from 'oidc-provider'

const given = JSON.parse(process.argv[2])
const listening = http.createServer()
await new Promise((done) => listening.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${listening.address().port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: given.clientId,
      redirect_uris: [given.redirectUri],
      token_endpoint_auth_method: 'private_key_jwt',
      require_pushed_authorization_requests: true,
      jwks: given.jwks,
    },
  ],
  acrValues: [given.acr],
  claims: { openid: ['sub', 'pid', 'acr', 'auth_time'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false }, pushedAuthorizationRequests: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, pid: given.person.pid }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: given.clientId, accountId: ctx.oidc.session.accountId })
    grant.addOIDCScope('openid profile')
    await grant.save()
    return grant
  },
})
const answer = provider.callback()
listening.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response)
  const login = { accountId: given.person.id, acr: given.acr, amr: ['pwd'] }
  return provider.interactionFinished(request, response, { login })
})
process.stdin.on('end', () => process.exit(0)).resume()
console.log(JSON.stringify({ issuer }))

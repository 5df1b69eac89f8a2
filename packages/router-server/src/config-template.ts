/** The configuration file that `wamp-router init` writes: a starting point with comments. Owns the text only. */

/** @returns YAML that the schema accepts, and that serves what `wamp-router` serves without a file */
export function configTemplate(): string {
  return TEMPLATE;
}

const TEMPLATE = `# yaml-language-server: $schema=./node_modules/@wamp/router-server/wamp-router.schema.json
#
# Configuration of wamp-router. Start it with   wamp-router --config router.yaml
# check it with                                 wamp-router check router.yaml
#
# Everything is optional; what is commented out shows the default, unless it says "for example".
# Values may refer to the environment and to files: \${NAME}, \${NAME:-default}, \${file:/run/secrets/name}.
# All options: https://www.npmjs.com/package/@wamp/router-server, docs/configuration.md

realms:
  - name: realm1
    # Without "auth" everybody gets in, as anonymous; without "roles" everybody may do everything. For example:
    # auth:
    #   ticket:
    #     principals:
    #       backend: { ticket: '\${BACKEND_TICKET}', role: backend }
    #   wampcra:
    #     users:
    #       joe: { secret: '\${file:/run/secrets/joe}', role: user }
    # roles:
    #   - name: backend
    #     permissions:
    #       - { uri: com.example., match: prefix, allow: { call: true, register: true, publish: true, subscribe: true } }
    #   - name: user
    #     permissions:
    #       - { uri: com.example.shop., match: prefix, allow: { call: true, subscribe: true } }
    # options:
    #   admin_roles: []                  # for example [operator]: may end sessions through the meta API
    #   max_timeout_ms: 86400000         # no call waits longer for its next answer
    # store:
    #   type: memory                     # or: sqlite, with path: realm1.events.db
    #   event-history:                   # for example:
    #     - { uri: com.example.prices, limit: 100 }

transports:
  - type: universal                      # WebSocket and RawSocket on one port; or: websocket, rawsocket
    endpoint:
      type: tcp
      port: \${WAMP_PORT:-8080}
      interface: 127.0.0.1               # 0.0.0.0 opens it to the network
      # tls:                             # for example; read anew when the files change:
      #   certificate: /etc/ssl/router.pem
      #   key: /etc/ssl/router.key
    path: /ws
    # serializers: [json, msgpack, cbor]
    # options:
    #   allowed_origins: []              # for example ['https://app.example.com']
    #   max_message_size: 16777216
    #   auto_ping_interval: 20000        # a dead peer is found within both times together
    #   auto_ping_timeout: 20000

# limits:
#   sessions: 100000
#   calls_per_session: 16384

log:
  level: info                            # trace, debug, info, warn, error, silent
  # format: json                         # by default pretty on a terminal, else json

# drain:
#   timeout_ms: 4000                     # running calls may take so long to finish after SIGTERM

# monitoring:
#   health: true                         # /healthz and /readyz
#   metrics: false                       # /metrics, for Prometheus
#   endpoint: { type: tcp, port: 9090 }  # for example: a port of their own, instead of those of the transports
`;

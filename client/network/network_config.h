#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net/tls.h"
#include "base/time.h"
#include "base/transport.h"
#include "client/metrics/network_metrics.h"
#include "client/network/backoff.h"
#include "client/network/token_endpoint.h"
#include "ottla/security_config.h"

namespace ottla::client {

// Whom the client logs in as.
struct SaslCredentials {
  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER
  std::string user;
  std::string password;
  // Of OAUTHBEARER, instead of the two above, one of two.
  OauthBearerTokenSource token = {};
  std::shared_ptr<const TokenEndpoint> endpoint = {};
};

struct NetworkConfig {
  std::string client_id;
  std::vector<base::Endpoint> bootstrap;
  // Whether those are tried though the brokers of the cluster are known.
  bool rebootstrap = true;
  Backoff reconnect{std::chrono::milliseconds(50), std::chrono::milliseconds(1000)};
  Backoff connection_setup{std::chrono::seconds(10), std::chrono::seconds(30)};
  base::Duration connections_max_idle = std::chrono::minutes(9);
  base::Duration request_timeout = std::chrono::seconds(30);
  std::size_t max_in_flight = 5;
  base::SocketBuffers socket_buffers = {};
  std::optional<SaslCredentials> sasl;  // none: brokers do not ask
  // A response that says it is larger closes the connection.
  std::size_t max_response_bytes = 100 << 20;
  std::shared_ptr<const base::TlsContext> tls = {};  // null: what goes over them is not encrypted
  std::shared_ptr<NetworkMetrics> metrics = {};  // told what goes over the connections; may be null
};

}  // namespace ottla::client

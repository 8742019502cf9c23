#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net/tls_report.h"
#include "base/time.h"
#include "base/transport.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::tools {

struct TlsCheckSettings {
  base::Endpoint target;
  std::string server_name;  // the host that is asked for
  SslConfig ssl;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

// What a server wants to know of its clients.
enum class ClientCertificate : std::uint8_t { unknown, not_asked, requested, required };

struct TlsCheck {
  base::Endpoint target;
  std::string server_name;
  std::string trusted_by;  // where those whom the client trusts come from
  bool checks_names = true;
  bool has_certificate = false;

  std::string address;  // who took the connection; empty: nobody
  base::TlsReport report;
  bool plain_kafka = false;  // a broker answers there, without TLS
  ClientCertificate client_certificate = ClientCertificate::unknown;
  std::string problem;  // why a client with these settings would not connect; empty: it would

  bool connects() const { return problem.empty(); }
};

// Connects as a client with these settings does; again without TLS if nobody there speaks it, and
// without the client's certificate to see whether it is required. (sleeps)
// Errors: invalid_config, as make_tls_client.
Result<TlsCheck> check_tls(const TlsCheckSettings& settings);

// What is good now and may not stay so, or is weak. `now`: milliseconds since 1970.
std::vector<std::string> warnings_of(const TlsCheck& check, base::WallMillis now);

// Whole days until a certificate ends; negative: since it has.
std::optional<std::int64_t> days_left(const base::ShownCertificate& certificate,
                                      base::WallMillis now);

// For people and for programs. What the server said is made harmless for a terminal in both.
std::string text_of(const TlsCheck& check, base::WallMillis now);
std::string json_of(const TlsCheck& check, base::WallMillis now);

}  // namespace ottla::tools

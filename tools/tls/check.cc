#include "tools/tls/check.h"

#include <memory>
#include <utility>

#include "base/inert.h"
#include "base/net/asio_runtime.h"
#include "base/net/tls.h"
#include "tools/tls/probe.h"

namespace ottla::tools {
namespace {

using base::inert;

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kSoon = 30;  // days

std::string trusted_by(const SslConfig& ssl) {
  if (!ssl.truststore_certificates.empty()) return "ssl.truststore.certificates";
  return ssl.truststore_location.empty() ? "the system's store" : ssl.truststore_location;
}

bool has_certificate(const SslConfig& ssl) {
  return !ssl.keystore_location.empty() || !ssl.keystore_key.empty();
}

SslConfig without_certificate(SslConfig ssl) {
  ssl.keystore_location.clear();
  ssl.keystore_key.clear();
  ssl.keystore_certificate_chain.clear();
  return ssl;
}

// Whether somebody took the connection who may speak something else than TLS.
bool may_be_plain(const Probed& seen) {
  return seen.error && !seen.address.empty() && !seen.report.peer_speaks_tls &&
         seen.error->code() != ErrorCode::request_timed_out;
}

// Of a connection without a certificate, for which the server has asked. Only what comes after this
// side has accepted the server may be about the certificate: an alert, or with TLS 1.3, where the
// handshake is over by then, the end of the connection.
ClientCertificate wanted_by(const base::TlsReport& report, const std::optional<Error>& error) {
  if (!error) return ClientCertificate::requested;
  const bool accepted = !report.chain.empty() && !report.refused;
  const bool closed_behind_handshake = report.version == "TLSv1.3" && report.complete &&
                                       error->code() == ErrorCode::connection_closed;
  const bool refused_by_server =
      error->code() == ErrorCode::ssl_authentication_failed || closed_behind_handshake;
  return accepted && refused_by_server ? ClientCertificate::required : ClientCertificate::unknown;
}

ClientCertificate asked_for(const TlsCheck& check, const std::optional<Error>& error) {
  const auto& report = check.report;
  if (!report.asks_for_certificate) {
    // TLS 1.3 asks before it shows its own; TLS 1.2 behind it.
    const bool known = report.complete || (report.version == "TLSv1.3" && !report.chain.empty());
    return known ? ClientCertificate::not_asked : ClientCertificate::unknown;
  }
  return check.has_certificate ? ClientCertificate::unknown : wanted_by(report, error);
}

}  // namespace

Result<TlsCheck> check_tls(const TlsCheckSettings& settings) {
  const auto tls = base::make_tls_client(settings.ssl);
  if (!tls) return tls.error();
  const auto runtime = base::start_runtime();
  ProbeRequest request{.target = settings.target,
                       .host = settings.server_name,
                       .tls = *tls,
                       .timeout = settings.timeout};
  auto seen = probe(*runtime, request);
  TlsCheck check{.target = settings.target,
                 .server_name = settings.server_name,
                 .trusted_by = trusted_by(settings.ssl),
                 .checks_names = !settings.ssl.endpoint_identification_algorithm.empty(),
                 .has_certificate = has_certificate(settings.ssl),
                 .address = seen.address,
                 .report = seen.report};
  if (seen.error) {
    // Who took no connection is not named by its error.
    const auto where = seen.address.empty() ? settings.target.to_string() + ": " : std::string();
    check.problem = inert(where + seen.error->message());
  }
  check.client_certificate = asked_for(check, seen.error);
  if (check.client_certificate == ClientCertificate::required) {
    check.problem =
        "the server requires a certificate of its clients, and these settings have none (--cert, "
        "ssl.keystore.location): " +
        check.problem;
  }
  if (may_be_plain(seen)) {
    request.tls = nullptr;
    check.plain_kafka = !probe(*runtime, request).error;
    if (check.plain_kafka) {
      check.problem =
          "this port speaks Kafka without TLS: it is one for security.protocol=PLAINTEXT or "
          "SASL_PLAINTEXT";
    }
  } else if (!seen.error && check.has_certificate && seen.report.asks_for_certificate) {
    const auto bare = base::make_tls_client(without_certificate(settings.ssl));
    if (!bare) return bare.error();
    request.tls = *bare;
    const auto second = probe(*runtime, request);
    check.client_certificate = wanted_by(second.report, second.error);
  }
  return check;
}

std::optional<std::int64_t> days_left(const base::ShownCertificate& certificate,
                                      base::WallMillis now) {
  if (!certificate.valid_to) return std::nullopt;
  const auto seconds = *certificate.valid_to - now / 1000;
  return seconds >= 0 ? seconds / kSecondsOfDay : -((-seconds + kSecondsOfDay - 1) / kSecondsOfDay);
}

std::vector<std::string> warnings_of(const TlsCheck& check, base::WallMillis now) {
  std::vector<std::string> found;
  for (const auto& certificate : check.report.chain) {
    const auto whose = "the certificate of \"" + inert(certificate.subject) + "\" ";
    const auto days = days_left(certificate, now);
    if (days && *days < 0) {
      found.push_back(whose + "has expired");
    } else if (days && *days < kSoon) {
      found.push_back(whose + "ends in " + std::to_string(*days) + (*days == 1 ? " day" : " days"));
    }
    if (certificate.valid_from && *certificate.valid_from > now / 1000) {
      found.push_back(whose + "is not valid yet");
    }
    if (certificate.key.starts_with("RSA") && certificate.key_bits < 2048) {
      found.push_back(whose + "has an RSA key of " + std::to_string(certificate.key_bits) +
                      " bits; 2048 are the least that others accept");
    }
    // A root is trusted by itself, not by its signature.
    if (certificate.subject == certificate.issuer) continue;
    for (const auto* weak : {"sha1", "SHA1", "md5"}) {
      if (certificate.signature.find(weak) == std::string::npos) continue;
      found.push_back(whose + "is signed by " + certificate.signature + ", which can be forged");
    }
  }
  if (!check.checks_names) {
    found.emplace_back(
        "names are not checked (ssl.endpoint.identification.algorithm is empty): whoever has a "
        "certificate of a trusted authority can pose as the broker");
  }
  return found;
}

}  // namespace ottla::tools

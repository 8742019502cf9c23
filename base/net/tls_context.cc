#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/crypto/openssl_ptr.h"
#include "base/net/key_material.h"
#include "base/net/tls.h"
#include "base/net/tls_reporting.h"
#include "base/net/tls_stream.h"
#include "base/net/tls_wire.h"

namespace ottla::base {
namespace {

Error bad_key(std::string_view key, std::string_view value, std::string_view expected) {
  return {ErrorCode::invalid_config,
          std::string(key) + "=" + std::string(value) + ": expected " + std::string(expected)};
}

Error no_memory() {
  ERR_clear_error();
  return {ErrorCode::no_space, "there is no memory for TLS"};
}

std::string joined(const std::vector<std::string>& elements, std::string_view separator) {
  std::string text;
  for (const auto& element : elements) {
    if (!text.empty()) text += separator;
    text += element;
  }
  return text;
}

// 0 if there is no such version.
int version_of(std::string_view name) {
  const auto lower = base::lower_case(name);
  if (lower == "tlsv1.3" || lower == "tls") return TLS1_3_VERSION;
  return lower == "tlsv1.2" ? TLS1_2_VERSION : 0;
}

Result<void> set_versions(SSL_CTX& context, const SslConfig& config) {
  constexpr std::string_view kExpected = "TLSv1.2 or TLSv1.3";
  const int newest = version_of(config.protocol);
  if (newest == 0) return bad_key("ssl.protocol", config.protocol, kExpected);
  int least = 0;
  int most = 0;
  for (const auto& name : config.enabled_protocols) {
    const int version = version_of(name);
    if (version == 0) return bad_key("ssl.enabled.protocols", name, kExpected);
    if (version > newest) continue;
    least = least == 0 ? version : std::min(least, version);
    most = std::max(most, version);
  }
  if (least == 0) {
    return bad_key("ssl.enabled.protocols", joined(config.enabled_protocols, ","),
                   "a version that is not newer than ssl.protocol=" + config.protocol);
  }
  SSL_CTX_set_min_proto_version(&context, least);
  SSL_CTX_set_max_proto_version(&context, most);
  return {};
}

// Suites of TLS 1.3 have a list of their own.
Result<void> set_ciphers(SSL_CTX& context, const std::vector<std::string>& suites) {
  if (suites.empty()) return {};
  std::vector<std::string> newer;
  std::vector<std::string> older;
  for (const auto& suite : suites) {
    const bool is_newer = suite.starts_with("TLS_AES_") || suite.starts_with("TLS_CHACHA20_");
    const char* openssl_name = OPENSSL_cipher_name(suite.c_str());
    const bool by_iana = openssl_name != nullptr && std::string_view(openssl_name) != "(NONE)";
    if (is_newer) newer.push_back(suite);
    if (!is_newer) older.push_back(by_iana ? openssl_name : suite);
  }
  const auto bad = [&] {
    ERR_clear_error();
    return bad_key("ssl.cipher.suites", joined(suites, ","),
                   "cipher suites by their IANA names, such as TLS_AES_256_GCM_SHA384");
  };
  if (SSL_CTX_set_ciphersuites(&context, joined(newer, ":").c_str()) != 1) return bad();
  if (newer.empty()) SSL_CTX_set_max_proto_version(&context, TLS1_2_VERSION);
  if (older.empty()) {
    SSL_CTX_set_min_proto_version(&context, TLS1_3_VERSION);
    return {};
  }
  return SSL_CTX_set_cipher_list(&context, joined(older, ":").c_str()) == 1 ? Result<void>()
                                                                            : bad();
}

Result<void> use_key(SSL_CTX& context, const KeyStore& store) {
  STACK_OF(X509)* others = sk_X509_new_null();
  for (std::size_t i = 1; i < store.chain.size(); ++i) sk_X509_push(others, store.chain[i].get());
  const int used =
      SSL_CTX_use_cert_and_key(&context, store.chain.front().get(), store.key.get(), others, 1);
  sk_X509_free(others);
  if (used == 1) return {};
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  Error error(ErrorCode::invalid_config, "ssl.keystore: the certificate cannot be used (" +
                                             std::string(reason != nullptr ? reason : "unknown") +
                                             ")");
  ERR_clear_error();
  return error;
}

// Whatever is among them is trusted by itself, be it an authority's or a peer's own.
Result<void> trust(SSL_CTX& context, const std::vector<X509Ptr>& certificates, bool names_told) {
  if (certificates.empty()) {
    return SSL_CTX_set_default_verify_paths(&context) == 1 ? Result<void>() : no_memory();
  }
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
  auto* store = SSL_CTX_get_cert_store(&context);
  for (const auto& certificate : certificates) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return no_memory();
    // Clients choose among their certificates by these.
    if (names_told && SSL_CTX_add_client_CA(&context, certificate.get()) != 1) return no_memory();
  }
  return {};
}

Result<SslContextPtr> make_context(const SSL_METHOD* method, const SslConfig& config,
                                   bool tells_trusted_names) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) return no_memory();
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (auto set = set_versions(*context, config); !set) return set.error();
  if (auto set = set_ciphers(*context, config.cipher_suites); !set) return set.error();
  if (SSL_CTX_get_min_proto_version(context.get()) > SSL_CTX_get_max_proto_version(context.get())) {
    return bad_key("ssl.cipher.suites", joined(config.cipher_suites, ","),
                   "one for each version in ssl.enabled.protocols that is to be used");
  }
  const auto trusted = read_trust_store(config);
  if (!trusted) return trusted.error();
  if (auto set = trust(*context, *trusted, tells_trusted_names); !set) return set.error();
  return context;
}

int note_verification(int accepted, X509_STORE_CTX* verification) {
  const auto* ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& facts = *static_cast<HandshakeFacts*>(SSL_get_app_data(ssl));
  if (facts.report) note_chain(*verification, facts.host, *facts.report);
  if (accepted == 1) return 1;
  if (facts.report) facts.report->refused = true;
  note_refusal(*verification, facts);
  return 0;
}

std::string versions_of(const SSL_CTX& context) {
  auto* each = const_cast<SSL_CTX*>(&context);
  std::string text;
  if (SSL_CTX_get_min_proto_version(each) == TLS1_2_VERSION) text = "TLSv1.2";
  if (SSL_CTX_get_max_proto_version(each) == TLS1_3_VERSION) {
    text += text.empty() ? "TLSv1.3" : " and TLSv1.3";
  }
  return text;
}

class OpensslContext final : public TlsContext,
                             public std::enable_shared_from_this<OpensslContext> {
 public:
  OpensslContext(SslContextPtr context, bool is_server, bool checks_names)
      : context_(std::move(context)),
        versions_(versions_of(*context_)),
        is_server_(is_server),
        checks_names_(checks_names),
        wire_method_(make_wire_method()) {
    OTTLA_ASSERT(wire_method_ != nullptr, "memory for TLS");
  }

  std::unique_ptr<Stream> secure(Loop& loop, std::unique_ptr<Stream> below,
                                 const Connection& connection) const override;

 private:
  SslPtr make_ssl(const std::string& host, const std::shared_ptr<TlsReport>& report) const;
  // Whom to ask for, and whose certificate it must be.
  void set_host(SSL& ssl, const std::string& host) const;

  const SslContextPtr context_;
  const std::string versions_;
  const bool is_server_;
  const bool checks_names_;
  const std::shared_ptr<const BIO_METHOD> wire_method_;
};

void OpensslContext::set_host(SSL& ssl, const std::string& host) const {
  const bool names_address = is_address(host);
  if (!names_address) SSL_set_tlsext_host_name(&ssl, host.c_str());
  if (!checks_names_) return;
  auto* rules = SSL_get0_param(&ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address that is written in a way that no certificate can name (127.1, fe80::1%eth0) is taken
  // for a name, which none has: without either nothing would be compared. Nor would it with none.
  if (names_address && X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1) return;
  const bool is_name = !host.empty() && host.find('\0') == std::string::npos;
  const std::string name = is_name ? host : "host.invalid";
  const bool compares = X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1;
  OTTLA_ASSERT(compares, "memory for the name of a host");
}

std::unique_ptr<Stream> OpensslContext::secure(Loop& loop, std::unique_ptr<Stream> below,
                                               const Connection& connection) const {
  HandshakeFacts facts{.is_server = is_server_,
                       .host = is_server_ ? std::string() : connection.host,
                       .peer = below->peer().to_string(),
                       .versions = versions_,
                       .report = connection.report};
  auto make_ssl = [self = shared_from_this(), host = facts.host, report = connection.report] {
    return self->make_ssl(host, report);
  };
  return make_tls_stream(loop, {.below = std::move(below),
                                .make_ssl = std::move(make_ssl),
                                .facts = std::move(facts),
                                .handshake_timeout = connection.handshake_timeout,
                                .wire_method = wire_method_});
}

SslPtr OpensslContext::make_ssl(const std::string& host,
                                const std::shared_ptr<TlsReport>& report) const {
  SslPtr ssl(SSL_new(context_.get()));
  OTTLA_ASSERT(ssl != nullptr, "memory for a TLS connection");
  if (is_server_) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
    set_host(*ssl, host);
    if (report) watch_messages(*ssl, *report);
  }
  return ssl;
}

int verify_mode(TlsClientAuth client_auth) {
  switch (client_auth) {
    case TlsClientAuth::none:
      return SSL_VERIFY_NONE;
    case TlsClientAuth::requested:
      return SSL_VERIFY_PEER;
    case TlsClientAuth::required:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> make_tls_client(const SslConfig& config) {
  const auto algorithm = base::lower_case(config.endpoint_identification_algorithm);
  if (!algorithm.empty() && algorithm != "https") {
    return bad_key("ssl.endpoint.identification.algorithm",
                   config.endpoint_identification_algorithm, "https, or nothing to turn it off");
  }
  auto context = make_context(TLS_client_method(), config, false);
  if (!context) return context.error();
  const auto own = read_key_store(config);
  if (!own) return own.error();
  if (own->key) {
    if (auto used = use_key(**context, *own); !used) return used.error();
  }
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, note_verification);
  return std::shared_ptr<const TlsContext>(
      std::make_shared<OpensslContext>(std::move(*context), false, !algorithm.empty()));
}

Result<std::shared_ptr<const TlsContext>> make_tls_server(const SslConfig& config,
                                                          TlsClientAuth client_auth) {
  const bool asks = client_auth != TlsClientAuth::none;
  auto context = make_context(TLS_server_method(), config, asks);
  if (!context) return context.error();
  const auto own = read_key_store(config);
  if (!own) return own.error();
  if (!own->key) {
    return Error(ErrorCode::invalid_config,
                 "a listener with TLS needs a key and its certificate: set ssl.keystore.location, "
                 "or ssl.keystore.key and ssl.keystore.certificate.chain");
  }
  if (auto used = use_key(**context, *own); !used) return used.error();
  SSL_CTX_set_verify(context->get(), verify_mode(client_auth), note_verification);
  SSL_CTX_set_dh_auto(context->get(), 1);
  // One ticket, with which a client may come back without a whole handshake.
  SSL_CTX_set_num_tickets(context->get(), 1);
  constexpr unsigned char kSessions[] = "ottla";
  SSL_CTX_set_session_id_context(context->get(), kSessions, sizeof kSessions - 1);
  return std::shared_ptr<const TlsContext>(
      std::make_shared<OpensslContext>(std::move(*context), true, false));
}

}  // namespace ottla::base

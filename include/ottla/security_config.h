#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/properties.h"
#include "ottla/result.h"

namespace ottla {

// How bytes travel and who vouches for the client: Kafka's `security.protocol`, with the numbers
// that brokers register with.
enum class SecurityProtocol : std::int16_t {
  plaintext = 0,
  ssl = 1,             // TLS; the client is who its certificate says, if it has one
  sasl_plaintext = 2,  // the client logs in; nothing is encrypted
  sasl_ssl = 3,        // TLS, and the client logs in
};

constexpr bool uses_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::ssl || protocol == SecurityProtocol::sasl_ssl;
}
constexpr bool uses_sasl(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::sasl_plaintext || protocol == SecurityProtocol::sasl_ssl;
}

// Kafka's name: "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL".
std::string_view to_string(SecurityProtocol protocol);
std::ostream& operator<<(std::ostream& out, SecurityProtocol protocol);

// The reverse, in upper or lower case; nothing if there is no such protocol.
std::optional<SecurityProtocol> parse_security_protocol(std::string_view name);

// TLS: Kafka's `ssl.` keys with '_' for '.'. What is empty is not set. Files are read when the
// client or the listener is made.
struct SslConfig {
  // The own key and the chain of its certificate: what a broker needs, and a client whose broker
  // wants to know it (`ssl.client.auth`). A file of both, PEM or PKCS#12 ...
  std::string keystore_location{};
  // PEM or PKCS12; empty: what the file is. JKS files must be converted:
  // `keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12`.
  std::string keystore_type{};
  std::string keystore_password{};  // of a PKCS#12 file
  std::string key_password{};       // of an encrypted key in PEM
  // ... or PEM text.
  std::string keystore_key{};
  std::string keystore_certificate_chain{};

  // The certificates that the peer's must lead to: a file, or PEM text. Neither: those that the
  // system trusts.
  std::string truststore_location{};
  std::string truststore_type{};
  std::string truststore_password{};
  std::string truststore_certificates{};

  // The newest version that is spoken, and all that are: TLSv1.2 and TLSv1.3. Older ones are not.
  std::string protocol = "TLSv1.3";
  std::vector<std::string> enabled_protocols{"TLSv1.2", "TLSv1.3"};

  // By their IANA names, as Kafka has them, or OpenSSL's; empty: OpenSSL's defaults.
  std::vector<std::string> cipher_suites{};

  // "https": the broker's certificate must be for the host that was asked for. Empty: for any; then
  // whoever has a certificate of a trusted authority can pose as the broker.
  std::string endpoint_identification_algorithm = "https";

  bool operator==(const SslConfig&) const = default;
};

// What a client shows by OAUTHBEARER.
struct OauthBearerToken {
  // As it is sent: letters, digits and -._~+/ with = at the end, such as a JWT.
  std::string token{};
  // The connections of a client share it until a fifth of its life is left, or five minutes if that
  // is more; then another is asked for. Without it every login asks anew.
  std::optional<std::chrono::system_clock::time_point> expiry{};
  // Sent beside it (KIP-342): names of letters, values that can be printed.
  std::map<std::string, std::string, std::less<>> extensions{};

  bool operator==(const OauthBearerToken&) const = default;
};

// Gives a token, from a server or wherever it may be. Called on a worker of the client's runtime,
// where it may sleep: the network goes on meanwhile, and the connections that need a token wait for
// the same call, up to `socket_connection_setup_timeout`. A client makes one call at a time, and
// none after it is closed; one under way then keeps a thread of its own runtime from ending, and on
// a shared runtime may outlast the client: what the function captures it must own. An error that it
// returns and an exception that it throws end the login with sasl_authentication_failed and what
// they say, which should not be the token, unless the last token still lasts.
using OauthBearerTokenSource = std::function<Result<OauthBearerToken>()>;

// How a client comes by a token at a token endpoint (OAuth 2.0).
enum class OauthBearerGrant : std::uint8_t {
  client_credentials,  // it shows its id and its secret (RFC 6749, 4.4)
  jwt_bearer,          // it shows an assertion: a JWT that says who it is (RFC 7523, KIP-1139)
};

// The assertion of `jwt_bearer`: `file`, or a JWT that is signed with a private key each time. What
// is empty is not said. Files are read for every token, so that new ones count.
struct OauthBearerAssertion {
  std::string file{};  // of an assertion that something else keeps fresh; or all that follows:
  std::string private_key_file{};        // PEM
  std::string private_key_passphrase{};  // of an encrypted one
  std::string algorithm = "RS256";       // RS256 with a key of RSA, ES256 with one of P-256
  // JSON with what else is in the JWT: {"header": {"kid": "..."}, "payload": {...}}.
  std::string template_file{};
  std::string claim_iss{};              // who has made it
  std::string claim_sub{};              // whom it stands for
  std::string claim_aud{};              // whom it is for: mostly the token endpoint
  std::chrono::seconds claim_exp{300};  // how long it is valid, from now on
  std::chrono::seconds claim_nbf{60};   // and how long it has been so by then
  bool claim_jti_include = false;       // whether it has a number of its own

  bool operator==(const OauthBearerAssertion&) const = default;
};

// Whom a client logs in as: what Kafka has in `sasl.mechanism` and `sasl.jaas.config`.
struct SaslConfig {
  // PLAIN, which sends the password, for connections that nobody listens to; SCRAM-SHA-256 or
  // SCRAM-SHA-512, which prove it, on both sides; OAUTHBEARER, which sends a token, for connections
  // that nobody listens to.
  std::string mechanism{};
  std::string username{};
  std::string password{};

  // Of OAUTHBEARER, one of two: a function that gives tokens ...
  OauthBearerTokenSource oauthbearer_token{};
  // ... or where they are: `file:///PATH` of a file with nothing but a token in it, read for every
  // login, or `https://HOST/PATH` of a token endpoint, which is asked as the members below say.
  // Since it is told secrets, http is served for localhost, 127.x.x.x and ::1 alone.
  std::string oauthbearer_token_endpoint_url{};
  // `sasl.oauthbearer.jwt.retriever.class` with Kafka's ClientCredentialsJwtRetriever or
  // JwtBearerJwtRetriever.
  OauthBearerGrant oauthbearer_grant = OauthBearerGrant::client_credentials;
  std::string oauthbearer_client_credentials_client_id{};      // what client_credentials shows
  std::string oauthbearer_client_credentials_client_secret{};  // what client_credentials shows
  // Whether the two are sent URL-encoded, as RFC 6749 has it and not every server.
  bool oauthbearer_header_urlencode = false;
  std::string oauthbearer_scope{};               // what the token is to be good for
  OauthBearerAssertion oauthbearer_assertion{};  // of the grant jwt_bearer
  Properties oauthbearer_extensions{};           // sent beside the token (KIP-342)
  SslConfig oauthbearer_ssl{};  // of the endpoint alone; unset: whom the system trusts, by its name

  // How long the token endpoint has to be connected to, and then to answer.
  std::chrono::milliseconds login_connect_timeout{10'000};
  std::chrono::milliseconds login_read_timeout{10'000};
  // One that is not reached, or fails (5xx), is asked again after so long, twice as long each time
  // ...
  std::chrono::milliseconds login_retry_backoff{100};
  // ... until it has been tried for so long in all.
  std::chrono::milliseconds login_retry_backoff_max{10'000};
};

// How a client connects to brokers: Kafka's keys that begin with `security.`, `ssl.` and `sasl.`.
// Calls of a client that brokers do not let in fail with sasl_authentication_failed.
struct SecurityConfig {
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  SslConfig ssl{};    // counts with protocols that have TLS
  SaslConfig sasl{};  // counts with those in which the client logs in
};

}  // namespace ottla

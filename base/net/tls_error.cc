#include "base/net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/crypto/openssl_ptr.h"
#include "base/inert.h"
#include "base/net/distinguished_name.h"
#include "base/net/tls_reporting.h"

namespace ottla::base {
namespace {

std::string time_text(const ASN1_TIME* time) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(bio.get(), time);
  const char* text = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

// A dozen at most.
std::string list_of_names(const X509* certificate) {
  std::string list;
  for (const auto& name : names_of(certificate, 12)) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string explain_certificate(const HandshakeFacts& facts) {
  const std::string whose = "the certificate \"" + facts.subject + "\" ";
  const std::string trust =
      facts.is_server ? "put its authority's certificate into the listener's ssl.truststore"
                      : "put its authority's certificate into ssl.truststore.location or "
                        "ssl.truststore.certificates";
  switch (facts.verify_code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return whose + "is for " + (facts.names.empty() ? "no host" : facts.names) + ", not for " +
             inert(facts.host) +
             ": ask for it by a name that it has, or have the broker's certificate made for this "
             "one (an empty ssl.endpoint.identification.algorithm would take it for any)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose +
             (facts.verify_code == X509_V_ERR_CERT_HAS_EXPIRED ? "has expired"
                                                               : "is not valid yet") +
             ": it is valid " + facts.valid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return whose + "was issued by \"" + facts.issuer + "\", whom nobody trusts here: " + trust;
    default:
      return whose + "is not accepted: " + X509_verify_cert_error_string(facts.verify_code);
  }
}

// TLS records begin with their type and the version's first byte.
bool looks_like_tls(std::string_view head) {
  return head.size() < 2 || (head[0] >= 20 && head[0] <= 23 && head[1] == 3);
}

std::string explain_strange_bytes(const HandshakeFacts& facts) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string bytes;
  for (const char c : facts.head) {
    const auto byte = static_cast<unsigned char>(c);
    if (!bytes.empty()) bytes += ' ';
    bytes += kDigits[byte >> 4];
    bytes += kDigits[byte & 0xf];
  }
  return "the peer does not speak TLS (its first bytes are " + bytes + "): " +
         (facts.is_server ? "this listener is for clients with security.protocol=SSL or SASL_SSL"
                          : "the port may be one for security.protocol=PLAINTEXT");
}

bool is_about_certificates(int alert) {
  constexpr auto kAlerts = std::to_array<int>(
      {SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
       SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
       SSL_AD_ACCESS_DENIED, SSL_AD_CERTIFICATE_REQUIRED});
  return std::find(kAlerts.begin(), kAlerts.end(), alert) != kAlerts.end();
}

// The alert that the peer sent, or -1.
int alert_of(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return -1;
  const int reason = ERR_GET_REASON(error);
  return reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256
             ? reason - SSL_AD_REASON_OFFSET
             : -1;
}

// OpenSSL 3.0 has no words for the one of TLS 1.3.
std::string alert_text(int alert) {
  if (alert == SSL_AD_CERTIFICATE_REQUIRED) return "certificate required";
  return SSL_alert_desc_string_long(alert);
}

std::string explain_alert(int alert, const HandshakeFacts& facts) {
  const std::string said = " (its alert: " + alert_text(alert) + ")";
  if (is_about_certificates(alert)) {
    if (facts.is_server) return "the client does not accept this broker's certificate" + said;
    return "the broker does not accept this client's certificate, or misses one" + said +
           ": see ssl.keystore.location, and the truststore of the broker";
  }
  if (alert == SSL_AD_PROTOCOL_VERSION) {
    return "the peer speaks none of the versions of TLS enabled here, " + facts.versions + said;
  }
  return "the peer gave up" + said;
}

std::string explain(unsigned long error, const HandshakeFacts& facts) {
  if (const int alert = alert_of(error); alert >= 0) return explain_alert(alert, facts);
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "OpenSSL gives no reason";
  }
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
      return "the peer speaks none of the versions of TLS enabled here, " + facts.versions +
             " (ssl.enabled.protocols)";
    case SSL_R_NO_SHARED_CIPHER:
      return "the two have no cipher in common (ssl.cipher.suites), or the certificate's key fits "
             "none of the client's";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the client has no certificate, but ssl.client.auth is required";
    default:
      return ERR_reason_error_string(error);
  }
}

Error failure(ErrorCode code, const HandshakeFacts& facts, const std::string& why) {
  return {code, why, {.broker = facts.peer}};
}

}  // namespace

void note_refusal(const X509_STORE_CTX& verification, HandshakeFacts& facts) {
  facts.verify_code = X509_STORE_CTX_get_error(&verification);
  const auto* certificate = X509_STORE_CTX_get_current_cert(&verification);
  if (certificate == nullptr) return;
  facts.subject = inert(distinguished_name(X509_get_subject_name(certificate)));
  facts.issuer = inert(distinguished_name(X509_get_issuer_name(certificate)));
  facts.names = inert(list_of_names(certificate));
  facts.valid = "from " + time_text(X509_get0_notBefore(certificate)) + " to " +
                time_text(X509_get0_notAfter(certificate));
}

Error handshake_error(const HandshakeFacts& facts) {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  std::string why;
  if (facts.verify_code != X509_V_OK) {
    why = explain_certificate(facts);
  } else if (!looks_like_tls(facts.head)) {
    why = explain_strange_bytes(facts);
  } else {
    why = explain(error, facts);
  }
  return failure(ErrorCode::ssl_authentication_failed, facts, "the TLS handshake failed: " + why);
}

Error record_error(const HandshakeFacts& facts) {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  const bool refused = is_about_certificates(alert_of(error));
  return failure(refused ? ErrorCode::ssl_authentication_failed : ErrorCode::io_error, facts,
                 (refused ? "the TLS handshake failed: " : "TLS broke: ") + explain(error, facts));
}

}  // namespace ottla::base

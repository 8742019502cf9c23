#include "base/net/tls_reporting.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "base/crypto/openssl_ptr.h"
#include "base/net/distinguished_name.h"
#include "base/net/socket_address.h"

namespace ottla::base {
namespace {

constexpr int kMostCertificates = 10;
constexpr std::size_t kMostNames = 100;

using VerificationPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

std::string address_text(const ASN1_OCTET_STRING* address) {
  const int length = ASN1_STRING_length(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (length != 4 && length != 16) return "an address of " + std::to_string(length) + " bytes";
  inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text.data(),
            text.size());
  return text.data();
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

std::string kind_of(const EVP_PKEY* key) {
  const char* type = EVP_PKEY_get0_type_name(key);
  std::string text = type != nullptr ? type : "";
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1) {
    const char* nist = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
    text += std::string(" ") + (nist != nullptr ? nist : group.data());
  }
  return text;
}

ShownCertificate shown(X509* certificate) {
  ShownCertificate seen{.subject = distinguished_name(X509_get_subject_name(certificate)),
                        .issuer = distinguished_name(X509_get_issuer_name(certificate)),
                        .names = names_of(certificate, kMostNames),
                        .valid_from = seconds_of(X509_get0_notBefore(certificate)),
                        .valid_to = seconds_of(X509_get0_notAfter(certificate))};
  if (const auto* key = X509_get0_pubkey(certificate); key != nullptr) {
    seen.key = kind_of(key);
    seen.key_bits = EVP_PKEY_get_bits(key);
  }
  const int signature = X509_get_signature_nid(certificate);
  if (signature != NID_undef) seen.signature = OBJ_nid2ln(signature);
  return seen;
}

// As the verification under way, but for names and dates.
std::string distrust_of(const X509_STORE_CTX& verification) {
  auto* each = const_cast<X509_STORE_CTX*>(&verification);
  const VerificationPtr again(X509_STORE_CTX_new());
  if (!again || X509_STORE_CTX_init(again.get(), X509_STORE_CTX_get0_store(each),
                                    X509_STORE_CTX_get0_cert(each),
                                    X509_STORE_CTX_get0_untrusted(each)) != 1) {
    return "there is no memory to look";
  }
  auto* rules = X509_STORE_CTX_get0_param(again.get());
  const auto* theirs = X509_STORE_CTX_get0_param(each);
  X509_VERIFY_PARAM_set_flags(rules,
                              X509_VERIFY_PARAM_get_flags(const_cast<X509_VERIFY_PARAM*>(theirs)) |
                                  X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_auth_level(rules, X509_VERIFY_PARAM_get_auth_level(theirs));
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_trust(rules, X509_TRUST_SSL_SERVER);
  if (X509_verify_cert(again.get()) == 1) return {};
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(again.get()));
}

// As the verification sees it, even where that is told not to look.
bool is_for(X509* certificate, const std::string& host) {
  if (is_address(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return X509_check_host(certificate, host.c_str(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

void on_message(int is_ours, int, int type, const void* bytes, std::size_t size, SSL*,
                void* report) {
  if (is_ours != 0 || (type != SSL3_RT_HANDSHAKE && type != SSL3_RT_ALERT)) return;
  auto& seen = *static_cast<TlsReport*>(report);
  seen.peer_speaks_tls = true;
  const bool asks = type == SSL3_RT_HANDSHAKE && size > 0 &&
                    *static_cast<const unsigned char*>(bytes) == SSL3_MT_CERTIFICATE_REQUEST;
  seen.asks_for_certificate = seen.asks_for_certificate || asks;
}

}  // namespace

bool is_address(const std::string& host) {
  return static_cast<bool>(parse_address({host, 0}));
}

std::vector<std::string> names_of(const X509* certificate, std::size_t most) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::vector<std::string> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && found.size() < most; ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      const auto* text = ASN1_STRING_get0_data(name->d.dNSName);
      found.emplace_back(reinterpret_cast<const char*>(text),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      found.push_back(address_text(name->d.iPAddress));
    }
  }
  GENERAL_NAMES_free(names);
  return found;
}

void watch_messages(SSL& ssl, TlsReport& report) {
  SSL_set_msg_callback(&ssl, on_message);
  SSL_set_msg_callback_arg(&ssl, &report);
}

void note_chain(const X509_STORE_CTX& verification, const std::string& host, TlsReport& report) {
  auto* each = const_cast<X509_STORE_CTX*>(&verification);
  auto* own = X509_STORE_CTX_get0_cert(each);
  auto* sent = X509_STORE_CTX_get0_untrusted(each);
  if (own == nullptr || sent == nullptr || !report.chain.empty()) return;
  report.chain_size = static_cast<std::size_t>(sk_X509_num(sent));
  for (int i = 0; i < std::min(sk_X509_num(sent), kMostCertificates); ++i) {
    report.chain.push_back(shown(sk_X509_value(sent, i)));
  }
  report.name_matches = is_for(own, host);
  report.distrust = distrust_of(verification);
  ERR_clear_error();
}

void note_terms(const SSL& ssl, TlsReport& report) {
  const auto* cipher = SSL_get_current_cipher(&ssl);
  if (cipher == nullptr) return;
  const char* name = SSL_CIPHER_standard_name(cipher);
  report.cipher = name != nullptr ? name : SSL_CIPHER_get_name(cipher);
  report.version = SSL_get_version(&ssl);
}

}  // namespace ottla::base

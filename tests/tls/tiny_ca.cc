#include "tests/tls/tiny_ca.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/crypto/openssl_ptr.h"

namespace ottla::tls_test {
namespace {

using base::BioPtr;
using base::KeyPtr;
using base::Pkcs12Ptr;
using base::X509Ptr;

void check(bool worked) {
  if (worked) return;
  ERR_print_errors_fp(stderr);
  std::abort();
}

std::string contents(const BioPtr& bio) {
  const char* bytes = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return contents(bio);
}

std::string pem_of(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio);
}

KeyPtr key_of(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  check(key != nullptr);
  return key;
}

X509Ptr certificate_of(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  check(certificate != nullptr);
  return certificate;
}

void set_name(X509_NAME* name, const std::vector<std::pair<std::string, std::string>>& parts) {
  for (const auto& [type, value] : parts) {
    const auto* text = reinterpret_cast<const unsigned char*>(value.c_str());
    check(X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, text, -1, -1, 0) == 1);
  }
}

void add_extension(X509* certificate, X509* issuer, int type, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, type, value.c_str());
  check(extension != nullptr);
  check(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string alternative_names(const CertificateOptions& options) {
  std::string names;
  const auto add = [&](const std::string& kind, const std::string& name) {
    names += (names.empty() ? "" : ",") + kind + ":" + name;
  };
  for (const auto& host : options.hosts) add("DNS", host);
  for (const auto& address : options.addresses) add("IP", address);
  return names;
}

X509Ptr new_certificate(EVP_PKEY* key, long valid_from, long valid_to) {
  static std::atomic<long> serial{1};
  X509Ptr certificate(X509_new());
  check(X509_set_version(certificate.get(), 2) == 1);
  check(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++) == 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_to);
  check(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

}  // namespace

class TinyCa::Impl {
 public:
  explicit Impl(const std::string& name) : key_(EVP_EC_gen("P-256")) {
    check(key_ != nullptr);
    constexpr long kDay = 86'400;
    certificate_ = new_certificate(key_.get(), -kDay, kDay);
    auto* own = certificate_.get();
    set_name(X509_get_subject_name(own), {{"CN", name}});
    check(X509_set_issuer_name(own, X509_get_subject_name(own)) == 1);
    add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(own, own, NID_subject_key_identifier, "hash");
    check(X509_sign(own, key_.get(), EVP_sha256()) > 0);
    pem_ = pem_of(own);
  }

  Identity issue(const CertificateOptions& options) const {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const auto certificate = new_certificate(key.get(), options.valid_from, options.valid_to);
    auto* leaf = certificate.get();
    set_name(X509_get_subject_name(leaf), options.subject);
    check(X509_set_issuer_name(leaf, X509_get_subject_name(certificate_.get())) == 1);
    add_extension(leaf, certificate_.get(), NID_basic_constraints, "CA:FALSE");
    add_extension(leaf, certificate_.get(), NID_key_usage, "digitalSignature");
    add_extension(leaf, certificate_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    if (const auto names = alternative_names(options); !names.empty()) {
      add_extension(leaf, certificate_.get(), NID_subject_alt_name, names);
    }
    check(X509_sign(leaf, key_.get(), EVP_sha256()) > 0);
    return {.key = pem_of(key.get()), .certificate = pem_of(leaf)};
  }

  const std::string& pem() const { return pem_; }

 private:
  KeyPtr key_;
  X509Ptr certificate_;
  std::string pem_;
};

TinyCa::TinyCa(const std::string& name) : impl_(std::make_unique<Impl>(name)) {}
TinyCa::~TinyCa() = default;
TinyCa::TinyCa(TinyCa&&) noexcept = default;

const std::string& TinyCa::certificate() const {
  return impl_->pem();
}

Identity TinyCa::issue(const CertificateOptions& options) const {
  return impl_->issue(options);
}

namespace {

std::string pkcs12_bytes(EVP_PKEY* key, X509* own, STACK_OF(X509) * others,
                         const std::string& password) {
  const Pkcs12Ptr store(
      PKCS12_create(password.c_str(), "test", key, own, others, 0, 0, 2048, 2048, 0));
  check(store != nullptr);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(i2d_PKCS12_bio(bio.get(), store.get()) == 1);
  return contents(bio);
}

}  // namespace

std::string to_pkcs12(const Identity& identity, const std::string& password) {
  const auto key = key_of(identity.key);
  const auto certificate = certificate_of(identity.certificate);
  return pkcs12_bytes(key.get(), certificate.get(), nullptr, password);
}

std::string to_pkcs12_truststore(const std::string& certificate, const std::string& password) {
  const auto trusted = certificate_of(certificate);
  auto* others = sk_X509_new_null();
  sk_X509_push(others, trusted.get());
  auto bytes = pkcs12_bytes(nullptr, nullptr, others, password);
  sk_X509_free(others);
  return bytes;
}

std::string encrypted_key(const Identity& identity, const std::string& password) {
  const auto key = key_of(identity.key);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), password.data(),
                                      static_cast<int>(password.size()), nullptr, nullptr) == 1);
  return contents(bio);
}

}  // namespace ottla::tls_test

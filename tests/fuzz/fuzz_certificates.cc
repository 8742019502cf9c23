#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "base/crypto/openssl_ptr.h"
#include "base/net/distinguished_name.h"
#include "base/net/key_material.h"
#include "base/net/tls_reporting.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/tls/tiny_ca.h"

// Any bytes as the certificate that a peer shows, of which names are read, and as the PEM that
// settings hold. The first byte says which.
namespace ottla::fuzz {
namespace {

constexpr std::size_t kMostNames = 7;

std::string der_of(const std::string& pem) {
  const base::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const base::X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate.get(), &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

void look_at(BytesView der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const base::X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return;
  for (const auto& name : {base::distinguished_name(X509_get_subject_name(certificate.get())),
                           base::distinguished_name(X509_get_issuer_name(certificate.get()))}) {
    // As hexadecimal, escaped, and from an encoding of less bytes a character than UTF-8.
    OTTLA_ASSERT(name.size() <= 64 + 8 * der.size(), "a name is bounded by what came");
    OTTLA_ASSERT(name.find('\0') == std::string::npos, "no name ends before its end");
  }
  OTTLA_ASSERT(base::names_of(certificate.get(), kMostNames).size() <= kMostNames,
               "no more names than are asked for");
}

}  // namespace

std::vector<std::string> seeds() {
  const tls_test::TinyCa ca;
  const auto own = ca.issue(
      {.subject = {{"O", "a, b"}, {"CN", "alice \xc3\xa9"}}, .addresses = {"127.0.0.1", "::1"}});
  return {'\0' + der_of(own.certificate), '\0' + der_of(ca.certificate()), '\1' + own.both(),
          '\1' + own.certificate + own.key, '\2' + ca.certificate() + own.certificate};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;  // NOLINT: a fuzz target
  const auto input = fuzz::begin(data, size);
  if (input.empty()) return 0;
  const std::string body(input.substr(1));
  SslConfig config;
  switch (data[0] % 3) {
    case 0:
      fuzz::look_at(body);
      break;
    case 1:
      config.keystore_key = config.keystore_certificate_chain = body;
      if (const auto store = base::read_key_store(config)) {
        OTTLA_ASSERT(store->key == nullptr || !store->chain.empty(), "a key has a certificate");
      }
      break;
    default:
      config.truststore_certificates = body;
      if (const auto trusted = base::read_trust_store(config)) {
        OTTLA_ASSERT(body.empty() || !trusted->empty(), "no certificates are none to trust");
      }
  }
  ERR_clear_error();
  return 0;
}

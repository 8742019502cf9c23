#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Keys and certificates for tests, made by OpenSSL in the test itself. Whatever goes wrong ends the
// program.
namespace ottla::tls_test {

// A private key and its certificate, PEM. The chain: only the certificate itself.
struct Identity {
  std::string key;
  std::string certificate;

  std::string both() const { return key + certificate; }
};

struct CertificateOptions {
  // Parts of the name, the least special first: {"O", "Example"}, {"CN", "alice"}.
  std::vector<std::pair<std::string, std::string>> subject{{"CN", "localhost"}};
  std::vector<std::string> hosts{"localhost"};
  std::vector<std::string> addresses{"127.0.0.1"};
  // Seconds from now.
  long valid_from = -3600;
  long valid_to = 3600;
};

// An authority with a key of its own.
class TinyCa {
 public:
  explicit TinyCa(const std::string& name = "Test Authority");
  ~TinyCa();
  TinyCa(TinyCa&&) noexcept;

  // Its own certificate, PEM.
  const std::string& certificate() const;

  Identity issue(const CertificateOptions& options = {}) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The bytes of a PKCS#12 file.
std::string to_pkcs12(const Identity& identity, const std::string& password);
std::string to_pkcs12_truststore(const std::string& certificate, const std::string& password);

// The same key, encrypted (PKCS#8).
std::string encrypted_key(const Identity& identity, const std::string& password);

}  // namespace ottla::tls_test

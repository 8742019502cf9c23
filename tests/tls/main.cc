// tls-files FOLDER: the keys, certificates and tokens that tests with programs in other languages
// need.
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/tls/tiny_ca.h"
#include "tests/tls/token_issuer.h"

namespace {

using ottla::tls_test::CertificateOptions;
using ottla::tls_test::TinyCa;

void write(const std::string& folder, const std::string& name, const std::string& bytes) {
  std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
}

CertificateOptions of_client() {
  CertificateOptions options;
  options.subject = {{"C", "CZ"}, {"O", "Works"}, {"CN", "alice"}};
  options.hosts = options.addresses = {};
  return options;
}

// Good for an hour from `from` on, seconds from now.
std::string token(const ottla::tls_test::TokenIssuer& issuer, std::time_t from) {
  const auto begins = std::time(nullptr) + from;
  return issuer.token(R"({"alg":"RS256","kid":"first","typ":"JWT"})",
                      R"({"iss":"https://id.example.org","aud":"kafka","sub":"alice","iat":)" +
                          std::to_string(begins) + R"(,"exp":)" + std::to_string(begins + 3600) +
                          "}");
}

CertificateOptions of_another_host() {
  CertificateOptions options;
  options.hosts = {"kafka.example.org"};
  options.addresses = {};
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tls-files FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  const TinyCa ca;
  const TinyCa other("Somebody Else");
  const auto client = ca.issue(of_client());
  write(folder, "ca.pem", ca.certificate());
  write(folder, "ca.p12", ottla::tls_test::to_pkcs12_truststore(ca.certificate(), "secret"));
  write(folder, "broker.pem", ca.issue().both());
  write(folder, "wrong-name.pem", ca.issue(of_another_host()).both());
  write(folder, "client.pem", client.both());
  write(folder, "client.p12", ottla::tls_test::to_pkcs12(client, "secret"));
  write(folder, "other-ca.pem", other.certificate());
  write(folder, "stranger.pem", other.issue(of_client()).both());
  const ottla::tls_test::TokenIssuer issuer;
  write(folder, "keys.json", "{\"keys\":[" + issuer.rsa_jwk("first") + "]}");
  write(folder, "token", token(issuer, -60));
  write(folder, "expired-token", token(issuer, -7200));
  write(folder, "strange-token", token(ottla::tls_test::TokenIssuer(), -60));
  return 0;
}

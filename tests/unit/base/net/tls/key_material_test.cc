#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/ssl_keys.h"
#include "tests/unit/base/net/tls/tls_test_base.h"

namespace ottla::base {
namespace {

class KeyMaterialTest : public testing::Test {
 protected:
  KeyMaterialTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ottla-keys-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~KeyMaterialTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& bytes) {
    const auto path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // Why no server can be made of it; nothing if one can.
  static std::string refusal(const SslConfig& config) {
    const auto made = make_tls_server(config, TlsClientAuth::required);
    if (made) return "";
    EXPECT_EQ(made.error().code(), ErrorCode::invalid_config);
    return made.error().message();
  }
  static ::testing::AssertionResult says(const std::string& text, std::string_view words) {
    if (text.find(words) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "\"" << text << "\" does not say \"" << words << "\"";
  }

  const TinyCa ca_;
  const Identity identity_ = ca_.issue();

 private:
  std::string folder_;
};

TEST_F(KeyMaterialTest, pem_and_pkcs12_are_told_apart_by_what_they_are) {
  SslConfig pem;
  pem.keystore_location = file("broker.pem", identity_.both());
  pem.truststore_location = file("ca.pem", ca_.certificate());
  EXPECT_EQ(refusal(pem), "");
  SslConfig pkcs12;
  pkcs12.keystore_location = file("broker.p12", tls_test::to_pkcs12(identity_, "key pass"));
  pkcs12.keystore_password = "key pass";
  pkcs12.truststore_location =
      file("ca.p12", tls_test::to_pkcs12_truststore(ca_.certificate(), "trust pass"));
  pkcs12.truststore_password = "trust pass";
  EXPECT_EQ(refusal(pkcs12), "");
  pkcs12.keystore_type = pkcs12.truststore_type = "JKS";  // as Java calls such a file, too
  EXPECT_EQ(refusal(pkcs12), "");
  pkcs12.keystore_type = "PKCS12";
  EXPECT_EQ(refusal(pkcs12), "");
}

TEST_F(KeyMaterialTest, pem_in_one_line_is_read) {
  auto config = with_key(trusting(ca_), identity_);
  for (auto* text : {&config.keystore_key, &config.keystore_certificate_chain,
                     &config.truststore_certificates}) {
    for (char& c : *text) c = c == '\n' ? ' ' : c;
  }
  EXPECT_EQ(refusal(config), "");
}

TEST_F(KeyMaterialTest, the_certificate_of_the_key_may_stand_behind_others) {
  auto config = with_key(trusting(ca_), identity_);
  config.keystore_certificate_chain = ca_.certificate() + identity_.certificate;
  EXPECT_EQ(refusal(config), "");
  config.keystore_certificate_chain = ca_.certificate();
  EXPECT_TRUE(says(refusal(config), "none of the certificates is that of the private key"));
}

TEST_F(KeyMaterialTest, an_encrypted_key_needs_its_password) {
  auto config = with_key({}, identity_);
  config.keystore_key = tls_test::encrypted_key(identity_, "secret");
  EXPECT_TRUE(says(refusal(config), "set ssl.key.password"));
  config.key_password = "wrong";
  EXPECT_TRUE(says(refusal(config), "is ssl.key.password right?"));
  EXPECT_FALSE(says(refusal(config), "wrong"));
  config.key_password = "secret";
  EXPECT_EQ(refusal(config), "");
}

TEST_F(KeyMaterialTest, a_pkcs12_file_needs_its_password) {
  SslConfig config;
  config.keystore_location = file("broker.p12", tls_test::to_pkcs12(identity_, "secret"));
  config.keystore_password = "guess";
  EXPECT_TRUE(says(refusal(config), "is ssl.keystore.password right?"));
  EXPECT_FALSE(says(refusal(config), "guess"));
}

TEST_F(KeyMaterialTest, what_is_no_key_store_is_told_with_what_to_do) {
  SslConfig config;
  EXPECT_TRUE(says(refusal(config), "set ssl.keystore.location"));
  config.keystore_location = "/nowhere/broker.pem";
  EXPECT_TRUE(says(refusal(config), "ssl.keystore.location=/nowhere/broker.pem"));
  EXPECT_TRUE(says(refusal(config), "No such file"));
  config.keystore_location = file("old.jks", std::string("\xFE\xED\xFE\xED\0\0\0\2", 8));
  EXPECT_TRUE(says(refusal(config), "keytool -importkeystore"));
  config.keystore_location = file("noise", "noise");
  EXPECT_TRUE(says(refusal(config), "neither PEM nor PKCS#12"));
  config.keystore_location = file("empty", "");
  EXPECT_TRUE(says(refusal(config), "neither PEM nor PKCS#12"));
  config.keystore_location = file("certificate.pem", identity_.certificate);
  EXPECT_TRUE(says(refusal(config), "expected a private key in PEM"));
  config.keystore_location = file("key.pem", identity_.key);
  EXPECT_TRUE(says(refusal(config), "expected certificates in PEM"));
  config.keystore_location = file("broker.pem", identity_.both());
  config.keystore_type = "PKCS12";
  EXPECT_TRUE(says(refusal(config), "the file is PEM, but ssl.keystore.type is PKCS12"));
  config.keystore_type = "BKS";
  EXPECT_TRUE(says(refusal(config), "ssl.keystore.type=BKS"));
}

TEST_F(KeyMaterialTest, a_damaged_certificate_is_told_by_its_number) {
  auto config = with_key(trusting(ca_), identity_);
  auto damaged = ca_.certificate();
  damaged.replace(damaged.size() / 2, 8, "AAAAAAAA");
  config.truststore_certificates =
      ca_.certificate() + damaged.substr(0, 40) + "!!!!" + damaged.substr(40);
  EXPECT_TRUE(says(refusal(config), "ssl.truststore.certificates: certificate number 2"));
}

TEST_F(KeyMaterialTest, versions_and_ciphers_that_there_are_not_are_refused) {
  auto config = with_key(trusting(ca_), identity_);
  config.enabled_protocols = {"TLSv1.3", "TLSv1.1"};
  EXPECT_TRUE(says(refusal(config), "ssl.enabled.protocols=TLSv1.1: expected TLSv1.2 or TLSv1.3"));
  config.enabled_protocols = {"TLSv1.3"};
  config.protocol = "TLSv1.2";
  EXPECT_TRUE(says(refusal(config), "not newer than ssl.protocol=TLSv1.2"));
  config.protocol = "SSLv3";
  EXPECT_TRUE(says(refusal(config), "ssl.protocol=SSLv3"));
  config.protocol = "TLSv1.3";
  config.cipher_suites = {"TLS_NULL_WITH_NULL"};
  EXPECT_TRUE(says(refusal(config), "ssl.cipher.suites=TLS_NULL_WITH_NULL"));
}

TEST(SslKeysTest, set_the_members_they_name) {
  SslConfig config;
  EXPECT_TRUE(set_ssl_key(config, "ssl.truststore.location", " /etc/ca.pem "));
  EXPECT_TRUE(set_ssl_key(config, "ssl.keystore.password", " with blanks "));
  EXPECT_TRUE(set_ssl_key(config, "ssl.enabled.protocols", "TLSv1.3, TLSv1.2,"));
  EXPECT_TRUE(set_ssl_key(config, "ssl.endpoint.identification.algorithm", ""));
  EXPECT_FALSE(set_ssl_key(config, "ssl.truststore.place", "x"));
  EXPECT_EQ(config.truststore_location, "/etc/ca.pem");
  EXPECT_EQ(config.keystore_password, " with blanks ");
  EXPECT_EQ(config.enabled_protocols, (std::vector<std::string>{"TLSv1.3", "TLSv1.2"}));
  EXPECT_EQ(config.endpoint_identification_algorithm, "");
  EXPECT_TRUE(std::is_sorted(ssl_keys().begin(), ssl_keys().end()));
}

}  // namespace
}  // namespace ottla::base

#include "base/net/key_material.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/system_message.h"

namespace ottla::base {
namespace {

constexpr std::size_t kLargestFile = 16 << 20;

// Bytes that are overwritten before their memory is given back.
class Secret {
 public:
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&&) = delete;
  ~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

// One of the two stores: where it comes from and how its keys are called, for messages.
struct Source {
  std::string prefix;  // ssl.keystore or ssl.truststore
  std::string location;
  std::string type;
  std::string password;

  Error error(const std::string& why) const {
    return {ErrorCode::invalid_config, prefix + ".location=" + location + ": " + why};
  }
};

Result<Secret> read_file(const Source& source) {
  std::ifstream file(source.location, std::ios::binary);
  if (!file) return source.error("the file cannot be opened: " + system_message(errno));
  std::string bytes;
  char part[4096];
  while (bytes.size() <= kLargestFile && (file.read(part, sizeof part) || file.gcount() > 0)) {
    bytes.append(part, static_cast<std::size_t>(file.gcount()));
  }
  OPENSSL_cleanse(part, sizeof part);
  if (file.bad()) return source.error("the file cannot be read");
  if (bytes.size() > kLargestFile) return source.error("the file is larger than 16 MiB");
  return Secret(std::move(bytes));
}

BioPtr memory_bio(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// The reason that OpenSSL gives, or nothing.
std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? std::string(" (") + reason + ")" : std::string();
}

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// A block's base64 in lines as OpenSSL reads them: properties often hold it in one. A block with
// headers of its own stays as it is.
std::string rewrapped(std::string_view body) {
  if (body.find(':') != std::string_view::npos) return std::string(body);
  constexpr std::size_t kLine = 64;
  std::string lines = "\n";
  std::size_t column = 0;
  for (const char c : body) {
    if (is_blank(c)) continue;
    if (column == kLine) {
      lines += '\n';
      column = 0;
    }
    lines += c;
    ++column;
  }
  return lines + '\n';
}

Secret normal_pem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kEnd = "-----END ";
  constexpr std::string_view kDashes = "-----";
  std::string normal;
  normal.reserve(text.size() + text.size() / 32 + 64);
  for (auto at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at)) {
    const auto label_end = text.find(kDashes, at + kBegin.size());
    if (label_end == std::string_view::npos) break;
    const auto body = label_end + kDashes.size();
    const auto end = text.find(kEnd, body);
    const auto last = end == std::string_view::npos ? end : text.find(kDashes, end + kEnd.size());
    if (last == std::string_view::npos) break;
    normal += text.substr(at, body - at);
    normal += rewrapped(text.substr(body, end - body));
    normal += text.substr(end, last + kDashes.size() - end);
    normal += '\n';
    at = last + kDashes.size();
  }
  return Secret(std::move(normal));
}

bool is_pem(std::string_view bytes) {
  return bytes.find("-----BEGIN ") != std::string_view::npos;
}

bool is_jks(std::string_view bytes) {
  return bytes.starts_with("\xFE\xED\xFE\xED") || bytes.starts_with("\xCE\xCE\xCE\xCE");
}

Result<void> check_type(const Source& source, std::string_view bytes) {
  std::string type = source.type;
  for (char& c : type) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (!type.empty() && type != "PEM" && type != "PKCS12" && type != "JKS") {
    return Error(ErrorCode::invalid_config,
                 source.prefix + ".type=" + source.type + ": expected PEM or PKCS12");
  }
  if (is_jks(bytes)) {
    return source.error(
        "this is a JKS key store, which only Java reads; convert it with `keytool -importkeystore "
        "-srckeystore " +
        source.location + " -destkeystore NEW.p12 -deststoretype PKCS12` and name the new file");
  }
  // Java calls PKCS#12 files JKS, too.
  if (type == "PEM" && !is_pem(bytes)) return source.error("the file holds no PEM");
  if (type == "PKCS12" && is_pem(bytes)) {
    return source.error("the file is PEM, but " + source.prefix + ".type is PKCS12");
  }
  return {};
}

int give_password(char* into, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

std::vector<X509Ptr> pem_certificates(std::string_view pem) {
  std::vector<X509Ptr> certificates;
  const auto bio = memory_bio(pem);
  for (;;) {
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    certificates.push_back(std::move(next));
  }
  return certificates;
}

// A certificate that cannot be read ends the list; so the list must be as long as the text says.
Result<std::vector<X509Ptr>> read_pem_certificates(std::string_view pem, const std::string& where) {
  constexpr std::string_view kMarks[] = {"-----BEGIN CERTIFICATE-----",
                                         "-----BEGIN TRUSTED CERTIFICATE-----"};
  std::size_t announced = 0;
  for (const auto mark : kMarks) {
    for (auto at = pem.find(mark); at != std::string_view::npos; at = pem.find(mark, at + 1)) {
      ++announced;
    }
  }
  ERR_clear_error();
  auto certificates = pem_certificates(pem);
  if (certificates.size() != announced) {
    return Error(ErrorCode::invalid_config, where + ": certificate number " +
                                                std::to_string(certificates.size() + 1) +
                                                " cannot be read" + openssl_reason());
  }
  ERR_clear_error();
  if (certificates.empty()) {
    return Error(ErrorCode::invalid_config, where + ": expected certificates in PEM");
  }
  return certificates;
}

Result<KeyPtr> read_pem_key(std::string_view pem, const std::string& password,
                            const std::string& where) {
  const auto bio = memory_bio(pem);
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password,
                                     const_cast<std::string*>(&password)));
  if (key) return key;
  std::string why = "the private key cannot be read" + openssl_reason();
  if (pem.find("PRIVATE KEY") == std::string_view::npos) {
    why = "expected a private key in PEM, but there is none";
  } else if (pem.find("ENCRYPTED") != std::string_view::npos) {
    why = password.empty() ? "the private key is encrypted: set ssl.key.password"
                           : "the private key cannot be decrypted: is ssl.key.password right?";
  }
  return Error(ErrorCode::invalid_config, where + ": " + why);
}

// The certificate of the key comes first; the others keep their order.
Result<KeyStore> in_order(KeyPtr key, std::vector<X509Ptr> certificates, const std::string& where) {
  const auto own = std::find_if(certificates.begin(), certificates.end(), [&](const X509Ptr& each) {
    return X509_check_private_key(each.get(), key.get()) == 1;
  });
  ERR_clear_error();
  if (own == certificates.end()) {
    return Error(ErrorCode::invalid_config,
                 where + ": none of the certificates is that of the private key");
  }
  std::rotate(certificates.begin(), own, own + 1);
  return KeyStore{.key = std::move(key), .chain = std::move(certificates)};
}

struct Pkcs12Contents {
  KeyPtr key;
  std::vector<X509Ptr> certificates;
};

Result<Pkcs12Contents> read_pkcs12(const Source& source, std::string_view bytes) {
  const auto bio = memory_bio(bytes);
  ERR_clear_error();
  const Pkcs12Ptr store(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!store) {
    ERR_clear_error();
    return source.error("the file is neither PEM nor PKCS#12");
  }
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), source.password.c_str(), &key, &own, &others) != 1) {
    const auto last = ERR_peek_last_error();
    const bool wrong_password =
        ERR_GET_LIB(last) == ERR_LIB_PKCS12 && ERR_GET_REASON(last) == PKCS12_R_MAC_VERIFY_FAILURE;
    const auto reason = openssl_reason();
    return source.error(wrong_password
                            ? "the file cannot be opened: is " + source.prefix + ".password right?"
                            : "the file cannot be read" + reason +
                                  "; if it was made by an old tool, write it anew with today's "
                                  "`keytool -importkeystore`");
  }
  Pkcs12Contents contents{.key = KeyPtr(key), .certificates = {}};
  if (own != nullptr) contents.certificates.emplace_back(own);
  while (sk_X509_num(others) > 0) contents.certificates.emplace_back(sk_X509_shift(others));
  sk_X509_free(others);
  ERR_clear_error();
  return contents;
}

Result<KeyStore> read_inline_key_store(const SslConfig& config) {
  const std::string chain_key = "ssl.keystore.certificate.chain";
  if (config.keystore_key.empty() || config.keystore_certificate_chain.empty()) {
    return Error(ErrorCode::invalid_config,
                 "ssl.keystore.key and ssl.keystore.certificate.chain need each other: set both");
  }
  const auto key_pem = normal_pem(config.keystore_key);
  auto key = read_pem_key(key_pem.view(), config.key_password, "ssl.keystore.key");
  if (!key) return key.error();
  const auto chain_pem = normal_pem(config.keystore_certificate_chain);
  auto chain = read_pem_certificates(chain_pem.view(), chain_key);
  if (!chain) return chain.error();
  return in_order(std::move(*key), std::move(*chain), chain_key);
}

}  // namespace

Result<KeyStore> read_key_store(const SslConfig& config) {
  const bool is_inline = !config.keystore_key.empty() || !config.keystore_certificate_chain.empty();
  if (is_inline) return read_inline_key_store(config);
  if (config.keystore_location.empty()) return KeyStore{};
  const Source source{"ssl.keystore", config.keystore_location, config.keystore_type,
                      config.keystore_password};
  const auto bytes = read_file(source);
  if (!bytes) return bytes.error();
  if (auto checked = check_type(source, bytes->view()); !checked) return checked.error();
  const auto where = source.prefix + ".location=" + source.location;
  if (is_pem(bytes->view())) {
    const auto pem = normal_pem(bytes->view());
    auto key = read_pem_key(pem.view(), config.key_password, where);
    if (!key) return key.error();
    auto chain = read_pem_certificates(pem.view(), where);
    if (!chain) return chain.error();
    return in_order(std::move(*key), std::move(*chain), where);
  }
  auto contents = read_pkcs12(source, bytes->view());
  if (!contents) return contents.error();
  if (!contents->key) return source.error("the file holds no private key");
  return in_order(std::move(contents->key), std::move(contents->certificates), where);
}

Result<std::vector<X509Ptr>> read_trust_store(const SslConfig& config) {
  if (!config.truststore_certificates.empty()) {
    const auto pem = normal_pem(config.truststore_certificates);
    return read_pem_certificates(pem.view(), "ssl.truststore.certificates");
  }
  if (config.truststore_location.empty()) return std::vector<X509Ptr>();
  const Source source{"ssl.truststore", config.truststore_location, config.truststore_type,
                      config.truststore_password};
  const auto bytes = read_file(source);
  if (!bytes) return bytes.error();
  if (auto checked = check_type(source, bytes->view()); !checked) return checked.error();
  if (is_pem(bytes->view())) {
    const auto pem = normal_pem(bytes->view());
    return read_pem_certificates(pem.view(), source.prefix + ".location=" + source.location);
  }
  auto contents = read_pkcs12(source, bytes->view());
  if (!contents) return contents.error();
  if (contents->certificates.empty()) return source.error("the file holds no certificate");
  return std::move(contents->certificates);
}

}  // namespace ottla::base

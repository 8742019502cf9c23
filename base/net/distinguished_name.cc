#include "base/net/distinguished_name.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include <array>
#include <string_view>
#include <utility>

namespace ottla::base {
namespace {

// The keywords of RFC 2253; other types are written as numbers.
std::string_view keyword_of(int nid) {
  constexpr auto kKeywords = std::to_array<std::pair<int, std::string_view>>({
      {NID_commonName, "CN"},
      {NID_countryName, "C"},
      {NID_localityName, "L"},
      {NID_stateOrProvinceName, "ST"},
      {NID_organizationName, "O"},
      {NID_organizationalUnitName, "OU"},
      {NID_streetAddress, "STREET"},
      {NID_domainComponent, "DC"},
      {NID_userId, "UID"},
  });
  for (const auto& [id, keyword] : kKeywords) {
    if (id == nid) return keyword;
  }
  return {};
}

std::string dotted_type(const ASN1_OBJECT* type) {
  char text[128];
  const int length = OBJ_obj2txt(text, sizeof text, type, 1);
  return length > 0 ? std::string(text) : std::string();
}

std::string hexadecimal(const ASN1_STRING* value) {
  ASN1_TYPE any{};
  any.type = ASN1_STRING_type(value);
  any.value.asn1_string = const_cast<ASN1_STRING*>(value);
  unsigned char* bytes = nullptr;
  const int length = i2d_ASN1_TYPE(&any, &bytes);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "#";
  for (int i = 0; i < length; ++i) {
    text += kDigits[static_cast<std::size_t>(bytes[i] >> 4)];
    text += kDigits[static_cast<std::size_t>(bytes[i] & 0xf)];
  }
  OPENSSL_free(bytes);
  return text;
}

std::string escaped(std::string_view value) {
  constexpr std::string_view kSpecial = ",=+<>#;\"\\";
  const auto first = value.find_first_not_of(' ');
  const auto last = value.find_last_not_of(' ');
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool edge = value[i] == ' ' && (first == std::string_view::npos || i < first || i > last);
    if (value[i] == '\0') {
      text += "\\00";
      continue;
    }
    if (edge || kSpecial.find(value[i]) != std::string_view::npos) text += '\\';
    text += value[i];
  }
  return text;
}

std::string value_text(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, value);
  if (length < 0) return hexadecimal(value);
  std::string text =
      escaped({reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length)});
  OPENSSL_free(utf8);
  return text;
}

std::string entry_text(const X509_NAME_ENTRY* entry) {
  const auto* type = X509_NAME_ENTRY_get_object(entry);
  const auto* value = X509_NAME_ENTRY_get_data(entry);
  const auto keyword = keyword_of(OBJ_obj2nid(type));
  if (keyword.empty()) return dotted_type(type) + '=' + hexadecimal(value);
  return std::string(keyword) + '=' + value_text(value);
}

}  // namespace

std::string distinguished_name(const X509_NAME* name) {
  std::string text;
  int set = -1;
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; --i) {
    const auto* entry = X509_NAME_get_entry(name, i);
    // Entries of one set are one part of several values.
    if (!text.empty()) text += X509_NAME_ENTRY_set(entry) == set ? '+' : ',';
    set = X509_NAME_ENTRY_set(entry);
    text += entry_text(entry);
  }
  return text;
}

}  // namespace ottla::base

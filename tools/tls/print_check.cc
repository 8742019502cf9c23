#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/inert.h"
#include "base/log_format.h"
#include "tools/tls/check.h"

namespace ottla::tools {
namespace {

using base::inert;

namespace json = boost::json;

std::string time_text(const std::optional<std::int64_t>& seconds) {
  if (!seconds) return "no time that can be read";
  return base::format_time(*seconds * 1000).substr(0, 19) + "Z";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + inert(name);
  return text.empty() ? "none" : text;
}

std::string key_text(const base::ShownCertificate& certificate) {
  if (certificate.key.empty()) return "of a kind that is not known here";
  return certificate.key + ", " + std::to_string(certificate.key_bits) + " bits";
}

std::string expiry_text(const base::ShownCertificate& certificate, base::WallMillis now) {
  const auto days = days_left(certificate, now);
  auto text = time_text(certificate.valid_from) + " to " + time_text(certificate.valid_to);
  if (!days) return text;
  if (*days < 0) return text + " (expired)";
  return text + " (" + std::to_string(*days) + (*days == 1 ? " day" : " days") + " left)";
}

std::string trust_text(const TlsCheck& check) {
  if (check.report.distrust.empty()) return "yes, by " + check.trusted_by;
  return "no, not by " + check.trusted_by + ": " + check.report.distrust;
}

std::string name_text(const TlsCheck& check) {
  const auto host = inert(check.server_name);
  if (check.report.name_matches) return host + " matches";
  return host + " does not match" + (check.checks_names ? "" : ", and is not checked");
}

std::string_view word_of(ClientCertificate asked) {
  switch (asked) {
    case ClientCertificate::unknown:
      return "unknown";
    case ClientCertificate::not_asked:
      return "not-asked";
    case ClientCertificate::requested:
      return "requested";
    case ClientCertificate::required:
      return "required";
  }
  return "unknown";
}

std::string certificate_text(const TlsCheck& check) {
  const std::string own = check.has_certificate ? "; these settings have one" : "; none is shown";
  switch (check.client_certificate) {
    case ClientCertificate::not_asked:
      return "not asked for";
    case ClientCertificate::requested:
      return "asked for, not required" + own;
    case ClientCertificate::required:
      return "required" + own;
    case ClientCertificate::unknown:
      break;
  }
  return check.report.asks_for_certificate ? "asked for" + own
                                           : "not known: the handshake ended before it was asked";
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  constexpr std::size_t kWidth = 20;
  text += name;
  text.append(name.size() < kWidth ? kWidth - name.size() : 1, ' ');
  text += value;
  text += '\n';
}

json::object object_of(const base::ShownCertificate& certificate, base::WallMillis now) {
  json::array names;
  for (const auto& name : certificate.names) names.emplace_back(inert(name));
  const auto days = days_left(certificate, now);
  return {{"subject", inert(certificate.subject)},
          {"issuer", inert(certificate.issuer)},
          {"names", std::move(names)},
          {"validFrom", time_text(certificate.valid_from)},
          {"validTo", time_text(certificate.valid_to)},
          {"daysLeft", days ? json::value(*days) : json::value(nullptr)},
          {"key", certificate.key},
          {"keyBits", certificate.key_bits},
          {"signature", certificate.signature}};
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace

std::string text_of(const TlsCheck& check, base::WallMillis now) {
  const auto& report = check.report;
  std::string text;
  add_line(
      text, "server",
      inert(check.target.to_string()) + (check.address.empty() ? "" : " (" + check.address + ")"));
  if (!report.version.empty()) add_line(text, "protocol", report.version);
  if (!report.cipher.empty()) add_line(text, "cipher", report.cipher);
  if (!report.chain.empty()) {
    add_line(text, "trusted", trust_text(check));
    add_line(text, "name", name_text(check));
    add_line(text, "client certificate", certificate_text(check));
  }
  std::size_t number = 0;
  for (const auto& certificate : report.chain) {
    text += "\ncertificate " + std::to_string(++number) + " of " +
            std::to_string(report.chain_size) + '\n';
    add_line(text, "  subject", inert(certificate.subject));
    add_line(text, "  issuer", inert(certificate.issuer));
    add_line(text, "  names", joined(certificate.names));
    add_line(text, "  valid", expiry_text(certificate, now));
    add_line(text, "  key", key_text(certificate));
    add_line(
        text, "  signed by",
        certificate.signature.empty() ? "a kind that is not known here" : certificate.signature);
  }
  if (!report.chain.empty()) text += '\n';
  for (const auto& warning : warnings_of(check, now)) text += "warning: " + warning + '\n';
  text += check.connects() ? "a client with these settings connects\n"
                           : "a client with these settings does not connect\n";
  return text;
}

std::string json_of(const TlsCheck& check, base::WallMillis now) {
  const auto& report = check.report;
  const bool seen = !report.chain.empty();
  json::array chain;
  for (const auto& certificate : report.chain) chain.push_back(object_of(certificate, now));
  json::array warnings;
  for (const auto& warning : warnings_of(check, now)) warnings.emplace_back(warning);
  const json::object all{
      {"server", inert(check.target.to_string())},
      {"address", text_or_null(check.address)},
      {"serverName", inert(check.server_name)},
      {"connects", check.connects()},
      {"problem", text_or_null(check.problem)},
      {"plainKafka", check.plain_kafka},
      {"protocol", text_or_null(report.version)},
      {"cipher", text_or_null(report.cipher)},
      {"trusted", seen ? json::value(report.distrust.empty()) : json::value(nullptr)},
      {"trustedBy", check.trusted_by},
      {"distrust", text_or_null(report.distrust)},
      {"nameMatches", seen ? json::value(report.name_matches) : json::value(nullptr)},
      {"clientCertificate", word_of(check.client_certificate)},
      {"hasClientCertificate", check.has_certificate},
      {"chainSize", report.chain_size},
      {"chain", std::move(chain)},
      {"warnings", std::move(warnings)}};
  return json::serialize(all) + '\n';
}

}  // namespace ottla::tools

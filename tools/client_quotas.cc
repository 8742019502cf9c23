#include "tools/client_quotas.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <iterator>
#include <span>
#include <utility>

#include "tools/command.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "configs";
constexpr std::string_view kOfClients[] = {"consumer_byte_rate", "controller_mutation_rate",
                                           "producer_byte_rate", "request_percentage"};
constexpr std::string_view kOfAddresses[] = {"connection_creation_rate"};

std::span<const std::string_view> quotas_of(QuotaEntityType type) {
  if (type == QuotaEntityType::ip) return kOfAddresses;
  return kOfClients;
}

std::string_view title(QuotaEntityType type) {
  return type == QuotaEntityType::user ? "user-principal" : to_string(type);
}

ClientQuotaFilter filter_of(const std::vector<QuotaSubject>& subjects) {
  using Match = ClientQuotaFilter::Match;
  ClientQuotaFilter filter{.strict = true};
  for (const auto& subject : subjects) {
    const auto one = subject.name ? Match::name : Match::default_entity;
    filter.components.push_back(
        {subject.type, subject.all ? Match::any : one, subject.name.value_or("")});
  }
  return filter;
}

ClientQuotaEntity entity_of(const std::vector<QuotaSubject>& subjects) {
  ClientQuotaEntity entity;
  for (const auto& subject : subjects) entity.emplace(subject.type, subject.name);
  return entity;
}

void print(const ClientQuotaEntity& entity, const ClientQuotaValues& values) {
  std::cout << "Quota configs for ";
  std::string_view comma;
  for (const auto& [type, name] : entity) {
    std::cout << comma;
    if (name) {
      std::cout << title(type) << " '" << *name << '\'';
    } else {
      std::cout << "the default " << title(type);
    }
    comma = ", ";
  }
  std::cout << " are ";
  comma = "";
  for (const auto& [key, value] : values) {
    std::cout << comma << key << '=' << java_double(value);
    comma = ", ";
  }
  std::cout << '\n';
}

Result<std::pair<std::string, double>> parse_quota(QuotaEntityType type, const std::string& text) {
  const auto equals = std::min(text.find('='), text.size());
  const auto name = text.substr(0, equals);
  if (!is_quota(type, name)) {
    std::string known;
    for (const auto each : quotas_of(type))
      known += (known.empty() ? "" : ", ") + std::string(each);
    return Error(ErrorCode::invalid_argument, "a " + std::string(noun(type)) + " has no quota '" +
                                                  name + "'; there is " + known);
  }
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + std::min(equals + 1, text.size()), end, value);
  if (read.ec != std::errc() || read.ptr != end) {
    return Error(ErrorCode::invalid_argument, "expected " + name + "=NUMBER, not '" + text + "'");
  }
  return std::pair(name, value);
}

// As Kafka's tool does, which takes a misspelled name for an error.
Result<void> check_deleted(Admin& admin, const std::vector<QuotaSubject>& subjects,
                           const std::vector<std::string>& deleted) {
  const auto quotas = admin.describe_client_quotas(filter_of(subjects)).get();
  if (!quotas) return quotas.error();
  const auto found = quotas->find(entity_of(subjects));
  for (const auto& name : deleted) {
    if (found != quotas->end() && found->second.contains(name)) continue;
    return Error(ErrorCode::invalid_argument,
                 to_string(entity_of(subjects)) + " has no quota '" + name + "' to delete");
  }
  return {};
}

}  // namespace

std::string_view noun(QuotaEntityType type) {
  return type == QuotaEntityType::client_id ? "client" : to_string(type);
}

bool is_quota(QuotaEntityType type, std::string_view name) {
  const auto known = quotas_of(type);
  return std::find(known.begin(), known.end(), name) != known.end();
}

int describe_client_quotas(Admin& admin, const std::vector<QuotaSubject>& subjects) {
  const auto quotas = admin.describe_client_quotas(filter_of(subjects)).get();
  if (!quotas) return fail(kName, quotas.error());
  for (const auto& [entity, values] : *quotas) print(entity, values);
  return kSuccess;
}

int alter_client_quotas(Admin& admin, const std::vector<QuotaSubject>& subjects,
                        const std::vector<std::string>& added,
                        const std::vector<std::string>& deleted) {
  ClientQuotaAlteration alteration{entity_of(subjects), {}};
  const auto& first = subjects.front();
  for (const auto& text : added) {
    const auto quota = parse_quota(first.type, text);
    if (!quota) return fail(kName, quota.error());
    alteration.changes[quota->first] = quota->second;
  }
  for (const auto& name : deleted) alteration.changes[name] = std::nullopt;
  if (const auto checked = check_deleted(admin, subjects, deleted); !checked) {
    return fail(kName, checked.error());
  }
  const auto outcomes = admin.alter_client_quotas({std::move(alteration)}).get();
  if (!outcomes) return fail(kName, outcomes.error());
  for (const auto& [entity, error] : *outcomes) {
    if (error) return fail(kName, to_string(entity) + ": " + error->to_string());
  }
  if (first.name) {
    std::cout << "Completed updating config for " << noun(first.type) << ' ' << *first.name
              << ".\n";
  } else {
    std::cout << "Completed updating default config for " << noun(first.type)
              << "s in the cluster.\n";
  }
  return kSuccess;
}

std::string java_double(double value) {
  const bool plain = value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e7);
  char buffer[32];
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto written = std::to_chars(std::begin(buffer), std::end(buffer), value, form);
  const std::string text(buffer, written.ptr);
  const auto exponent_at = std::min(text.find('e'), text.size());
  auto digits = text.substr(0, exponent_at);
  if (digits.find('.') == std::string::npos) digits += ".0";
  if (exponent_at == text.size()) return digits;
  return digits + 'E' + std::to_string(std::stoi(text.substr(exponent_at + 1)));
}

}  // namespace ottla::tools

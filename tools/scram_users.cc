#include "tools/scram_users.h"

#include <charconv>
#include <iostream>
#include <string_view>
#include <utility>

#include "tools/command.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "configs";
constexpr std::string_view kIterations = "iterations=";
constexpr std::string_view kPassword = "password=";

Error expected() {
  return Error(ErrorCode::invalid_argument,
               "users have SCRAM-SHA-256=[iterations=8192,password=PASSWORD] and SCRAM-SHA-512; "
               "the iterations may be left out");
}

Result<ScramCredentialUpsertion> parse_scram_credential(const std::string& text) {
  const auto equals = text.find('=');
  const auto mechanism = parse_scram_mechanism(std::string_view(text).substr(0, equals));
  if (!mechanism || equals == std::string::npos) return expected();
  std::string_view value = std::string_view(text).substr(equals + 1);
  if (value.size() < 2 || value.front() != '[' || value.back() != ']') return expected();
  value = value.substr(1, value.size() - 2);
  ScramCredentialUpsertion upsertion{.mechanism = *mechanism};
  if (value.starts_with(kIterations)) {
    value.remove_prefix(kIterations.size());
    const auto* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, upsertion.iterations);
    if (read.ec != std::errc() || read.ptr == end || *read.ptr != ',') return expected();
    value.remove_prefix(static_cast<std::size_t>(read.ptr - value.data()) + 1);
  }
  if (!value.starts_with(kPassword) || value.size() == kPassword.size()) return expected();
  upsertion.password = value.substr(kPassword.size());
  return upsertion;
}

}  // namespace

int describe_scram_users(Admin& admin, const std::string& user) {
  std::vector<std::string> asked;
  if (!user.empty()) asked.push_back(user);
  const auto users = admin.describe_user_scram_credentials(std::move(asked)).get();
  if (!users) return fail(kName, users.error());
  for (const auto& [name, credentials] : *users) {
    // Whoever has none may still have quotas.
    if (!credentials && credentials.error().code() == ErrorCode::resource_not_found) continue;
    if (!credentials) return fail(kName, "user " + name + ": " + credentials.error().to_string());
    std::cout << "SCRAM credential configs for user-principal '" << name << "' are ";
    std::string_view comma;
    for (const auto& credential : *credentials) {
      std::cout << comma << to_string(credential.mechanism)
                << "=iterations=" << credential.iterations;
      comma = ", ";
    }
    std::cout << '\n';
  }
  return kSuccess;
}

int alter_scram_user(Admin& admin, const std::string& user, const std::vector<std::string>& added,
                     const std::vector<std::string>& deleted) {
  std::vector<ScramCredentialUpsertion> upsertions;
  for (const auto& text : added) {
    auto upsertion = parse_scram_credential(text);
    if (!upsertion) return fail(kName, upsertion.error());
    upsertion->user = user;
    upsertions.push_back(std::move(*upsertion));
  }
  std::vector<ScramCredentialDeletion> deletions;
  for (const auto& name : deleted) {
    const auto mechanism = parse_scram_mechanism(name);
    if (!mechanism) return fail(kName, "users have no " + name + " to delete");
    deletions.push_back({user, *mechanism});
  }
  const auto outcomes =
      admin.alter_user_scram_credentials(std::move(upsertions), std::move(deletions)).get();
  if (!outcomes) return fail(kName, outcomes.error());
  for (const auto& [name, error] : *outcomes) {
    if (error) return fail(kName, "user " + name + ": " + error->to_string());
    std::cout << "Completed updating config for user " << name << ".\n";
  }
  return kSuccess;
}

}  // namespace ottla::tools

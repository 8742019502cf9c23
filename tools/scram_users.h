#pragma once

#include <string>
#include <vector>

#include "ottla/admin.h"

// `ottla configs --entity-type users`: what users log in by SCRAM with.
namespace ottla::tools {

// Prints what is told of a user's credentials, or of everybody's if `user` is empty. An exit code.
int describe_scram_users(Admin& admin, const std::string& user);

// `added` are `SCRAM-SHA-256=[iterations=8192,password=PASSWORD]`, `deleted` names of mechanisms.
// An exit code. Errors do not repeat passwords.
int alter_scram_user(Admin& admin, const std::string& user, const std::vector<std::string>& added,
                     const std::vector<std::string>& deleted);

}  // namespace ottla::tools

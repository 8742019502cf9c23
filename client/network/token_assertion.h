#pragma once

#include <cstddef>
#include <string>

#include "base/time.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// What a client shows to a token endpoint by the grant jwt-bearer (RFC 7523): what stands in
// `config.file`, or a JWT that is made of the template's claims, those of `config` and the time,
// and signed with the private key. Files are read each time, so that new ones count. (sleeps)
// Errors: invalid_config, naming the key and the file, and nothing that stands in them.
Result<std::string> make_assertion(const OauthBearerAssertion& config, base::WallMillis now);

// Reads up to `most_bytes` of a file and leaves out the blanks around it. (sleeps)
// Error: invalid_config beginning with `setting`, which is what names the file.
Result<std::string> read_secret_file(const std::string& setting, const std::string& path,
                                     std::size_t most_bytes);

}  // namespace ottla::client

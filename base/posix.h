#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "ottla/error.h"

// What the POSIX implementations of File and Directory share. Nobody else includes this.
namespace ottla::base {

// The Error of an errno: what was tried, what the system says, and the file.
Error posix_error(int number, std::string_view action, std::string file);

// Where the open file `fd` lies now: `opened_as` as long as that still names it, else what the
// system says. For error messages: costs system calls.
std::string current_path(int fd, const std::string& opened_as);

// Opens `name` in the directory `directory`, whose path is `directory_path`.
Result<std::shared_ptr<File>> open_posix_file(int directory, const std::string& directory_path,
                                              std::string_view name, OpenMode mode);

// An error unless `name` can be an entry of a directory: not empty, '.' or '..', no '/' or NUL.
Result<void> check_entry_name(std::string_view name, const std::string& directory_path);

}  // namespace ottla::base

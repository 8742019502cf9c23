#include "tools/offline/data_file.h"

#include <filesystem>

namespace ottla::tools {

Result<std::shared_ptr<base::File>> DataFile::open() const {
  return directory->open(name, base::OpenMode::read);
}

Result<std::string> DataFile::read() const {
  return directory->read_file(name, kLargestFileRead);
}

std::string DataFile::sibling(std::string_view suffix) const {
  return name.substr(0, name.find('.')).append(suffix);
}

Result<DataFile> find_data_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    return Error(ErrorCode::not_found, "there is no file '" + path + "'");
  }
  if (!fs::is_regular_file(status)) {
    return Error(ErrorCode::invalid_argument, "'" + path + "' is not a file");
  }
  const fs::path found(path);
  auto parent = found.parent_path();
  if (parent.empty()) parent = ".";
  auto directory = base::open_posix_directory(parent.string());
  if (!directory) return directory.error();
  return DataFile{std::move(*directory), found.filename().string(), path};
}

}  // namespace ottla::tools

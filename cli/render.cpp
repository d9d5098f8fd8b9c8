// cli/render.cpp — pliant render MESH -o PNG
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/options.h"
#include "cli/render_request.h"
#include "cli/torch_errors.h"
#include "tasks/scenery.h"

namespace pliant::cli {

int run_render(const Arguments& arguments) {
  RenderRequest request;
  CLI::App app("A picture of a mesh, as softly as you like", "pliant render");
  app.add_option("mesh", request.mesh, "An OBJ file, or one of " + joined(tasks::mesh_names()))
      ->required();
  app.add_option("-o,--out", request.out, "The PNG file to write")->required();
  add_options(app, request);
  parse(app, arguments);
  return with_torch_errors([&] {
    draw(request);
    return 0;
  });
}

}  // namespace pliant::cli

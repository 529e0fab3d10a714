import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.fhir.ucum.UcumEssenceService;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager.FhirFormat;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.ElementDefinition.ElementDefinitionConstraintComponent;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.IMessagingServices;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.utilities.http.ManagedWebAccess;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.validation.IgLoader;
import org.hl7.fhir.validation.ValidationEngine;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;
import org.hl7.fhir.validation.service.model.InstanceValidatorParameters;

/**
 * Asks HL7's validator about resources, without a terminology server and without any network.
 *
 * <p>Arguments: the folder of the compiled guide, then files. Standard output: one line for each thing it has to say, tab-separated:
 * severity, file, location, the message's id, the message. The package cache is under user.home.
 */
class Conformance {
  /** What vs-1 says in words ("and has a value"); its expression, which the validator has of its own, refuses a date that is not known. */
  private static final String VITAL_SIGN_DATE =
      "$this is dateTime implies ($this.extension('http://hl7.org/fhir/StructureDefinition/data-absent-reason').exists()"
          + " or $this.toString().length() >= 10)";

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // the validator chats
    ManagedWebAccess.setAccessPolicy(ManagedWebAccess.WebAccessPolicy.PROHIBITED);
    ValidationEngine engine = engine(arguments[0]);
    for (int place = 1; place < arguments.length; place++) tell(engine, arguments[place], out);
  }

  private static ValidationEngine engine(String guide) throws Exception {
    ValidationEngine engine = new ValidationEngine.ValidationEngineBuilder()
        .withDefaultInstanceValidatorParameters(new InstanceValidatorParameters().addExtension("http://hl7.no/fhir"))
        .withVersion("4.0.1").withNoTerminologyServer().withCanRunWithoutTerminologyServer(true)
        .fromSource("hl7.fhir.r4.core#4.0.1");
    engine.connectToTSServer(null, null, null, false);
    try (InputStream units = UcumEssenceService.class.getResourceAsStream("/ucum-essence.xml")) {
      engine.getContext().setUcumService(new UcumEssenceService(units));
    }
    new IgLoader(engine.getPcm(), engine.getContext(), "4.0.1", false)
        .loadIg(engine.getIgs(), engine.getBinaries(), guide, true);
    engine.setAllowExampleUrls(true);
    for (StructureDefinition one : engine.getContext().fetchResourcesByType(StructureDefinition.class))
      for (ElementDefinition element : one.getSnapshot().getElement())
        for (ElementDefinitionConstraintComponent rule : element.getConstraint())
          if ("vs-1".equals(rule.getKey())) rule.setExpression(VITAL_SIGN_DATE);
    engine.setLanguage("nb");
    engine.setPolicyAdvisor(new Policy());
    engine.prepare();
    return engine;
  }

  /** References are followed by tools/conformance.py; a value of a fetus is not a vital sign of the woman whose record it is in. */
  private static class Policy extends BasePolicyAdvisorForFullValidation {
    Policy() {
      super(ReferenceValidationPolicy.IGNORE, Set.of());
    }

    @Override
    public List<StructureDefinition> getImpliedProfilesForResource(
        IResourceValidator validator, Object appContext, String stackPath, ElementDefinition definition, StructureDefinition structure,
        Element resource, boolean valid, IMessagingServices msgServices, List<ValidationMessage> messages) {
      if (resource.hasChild("focus")) return new ArrayList<>();
      return super.getImpliedProfilesForResource(
          validator, appContext, stackPath, definition, structure, resource, valid, msgServices, messages);
    }
  }

  private static void tell(ValidationEngine engine, String file, PrintStream out) throws Exception {
    List<ValidationMessage> messages = new ArrayList<>();
    engine.validate(Files.readAllBytes(Path.of(file)), FhirFormat.JSON, new ArrayList<>(), messages);
    for (ValidationMessage one : messages) {
      String said = one.getMessage().replaceAll("\\s+", " ");
      out.println(String.join("\t", one.getLevel().toCode(), file, one.getLocation(), String.valueOf(one.getMessageId()), said));
    }
  }
}
